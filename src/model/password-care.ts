import type { Place, Problem } from '../problem.ts';
import { extensionOrigins } from './explain.ts';
import { isPasswordName } from './password-name.ts';
import { Secret } from './secret.ts';
import type { Site } from './site.ts';
import type { Path, SourceFile, Sources } from './sources.ts';

// Warnings: a site is served all the same. No message says more of a password than that somebody should change it.

/** As many as a message names. */
const named = 5;

/** Passwords and tokens that stand as plain text in files that `isTracked` says git keeps: one warning for each file. */
export function plainPasswords({ files, people = [] }: Sources, isTracked: (path: string) => boolean): Problem[] {
  return filesOf([...files, ...people.map(({ file }) => file)])
    .filter(({ isSealed, path }) => !isSealed && isTracked(path))
    .flatMap((file) => {
      const paths = plainIn(file.content, []);
      const [first] = paths;
      return first ? [plainProblem(file, first, paths)] : [];
    });
}

type Content = Pick<SourceFile, 'path' | 'isSealed' | 'locate'> & { readonly content: object };

const filesOf = (files: readonly Content[]): readonly Content[] => [
  ...new Map(files.map((file) => [file.path, file])).values(),
];

function plainProblem(file: Content, first: Path, paths: readonly Path[]): Problem {
  const lines = [...new Set(paths.slice(0, named).map((path) => file.locate(path).line))];
  const shown = lines.join(', ');
  const more = paths.length > named ? ', …' : '';
  const what = paths.length === 1 ? 'a password stands' : `${paths.length} passwords stand`;
  const message = `${what} here as plain text (line${lines.length === 1 ? '' : 's'} ${shown}${more}), and git keeps the file; wanted { env: NAME }, { file: PATH } or { age: TEXT }, or the whole file encrypted (offhook secret encrypt)`;
  return { ...file.locate(first), code: 'plain-password', severity: 'warning', message };
}

/** Words of the schema that have a password or a token, and what a vendor's parameter calls one. */
const secretWords: ReadonlySet<string> = new Set([
  ...['password', 'admin_password', 'user_password', 'token', 'bootstrap_token', 'secret'],
]);

/** Where passwords and tokens stand as plain text in a value; `path` is that of the value. */
export function plainIn(value: unknown, path: Path): Path[] {
  const step = String(path.at(-1));
  if (typeof value === 'string') {
    const isSecret = path.at(-2) === 'parameters' ? isPasswordName(step) : secretWords.has(step);
    return isSecret && value !== '' && value !== 'off' ? [path] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => plainIn(item, [...path, index]));
  // What names a column or an attribute is no password; what is referred to is not here.
  if (typeof value !== 'object' || value === null || step === 'columns' || step === 'attributes') return [];
  return Object.entries(value).flatMap(([key, inner]) => plainIn(inner, [...path, key]));
}

/** SIP passwords of lines that are easily guessed, or that several extensions have. Nothing is said of placeholders. */
export function weakPasswords({ devices }: Site, sources: Sources): Problem[] {
  const passwords = new Map<string, Secret>();
  for (const { lines } of devices)
    for (const { extension, password } of lines) if (!password.isEmpty) passwords.set(extension, password);
  const known = [...passwords].filter(([, password]) => !Secret.reveal(password).startsWith('placeholder for '));
  const weak = known.filter(([number, password]) => isWeak(Secret.reveal(password), number)).map(([number]) => number);
  const same = [...Map.groupBy(known, ([, password]) => Secret.reveal(password)).values()].filter(
    (all) => all.length > 1,
  );
  return [
    ...(weak.length > 0 ? [weakProblem(weak, sources)] : []),
    ...same.map((all) =>
      sameProblem(
        all.map(([number]) => number),
        sources,
      ),
    ),
  ];
}

const weakProblem = (numbers: readonly string[], sources: Sources): Problem => ({
  ...placeOf(numbers, sources),
  message: `${listed(numbers)} ${numbers.length === 1 ? 'has a SIP password that is' : 'have SIP passwords that are'} easily guessed (fewer than 8 characters, the number forwards or backwards and little else, digits alone, one character again and again, a usual word); wanted 12 random characters or more`,
});

const sameProblem = (numbers: readonly string[], sources: Sources): Problem => ({
  ...placeOf(numbers, sources),
  message: `${listed(numbers)} have the same SIP password; wanted one for each`,
});

/** At the first of them. */
function placeOf([first = '']: readonly string[], sources: Sources): Omit<Problem, 'message'> {
  const [origin] = extensionOrigins(sources, first, 'password');
  const place: Place = origin?.place ?? { file: sources.files[0]?.path ?? '' };
  return { ...place, code: 'weak-password', severity: 'warning' };
}

function listed(numbers: readonly string[]): string {
  if (numbers.length === 1) return `extension ${numbers[0]}`;
  const shown = numbers.slice(0, named).join(', ');
  return `extensions ${shown}${numbers.length > named ? ` and ${numbers.length - named} more` : ''}`;
}

/** What is tried first against a PBX. */
const usual =
  /^(?:pass(?:word|wort|wd)?|secret|geheim|changeme|welcome|willkommen|letmein|qwert[yz](?:uiop)?|admin(?:istrator)?|asterisk|freepbx|voip|phone|telefon|test|default|user|guest|sip|root|abc|iloveyou)[\d!._-]*$/i;

function isWeak(text: string, number: string): boolean {
  const reversed = [...number].reverse().join('');
  const rest = text.replaceAll(number, '').replaceAll(reversed, '');
  return text.length < 8 || rest.length < 6 || /^\d+$/.test(text) || /^(.)\1*$/u.test(text) || usual.test(text);
}

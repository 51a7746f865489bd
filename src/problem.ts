/** A problem is something a person must fix: where it is, what was seen, what is wanted. */

/** A place in a source file. Lines and columns count from 1; no line means the file as a whole. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Problem extends Place {
  /** Stable, for CI to filter on; each has its row in `problemCodes`. */
  readonly code: ProblemCode;
  readonly severity: 'error' | 'warning';
  /** One sentence: what was seen and what is wanted. Never a secret. */
  readonly message: string;
  /** The other place, when two places contradict each other. */
  readonly related?: readonly Place[];
}

/** Every code and what it means; the manual's table is made from this one. */
export const problemCodes = {
  yaml: 'The file is not YAML that can be read: syntax, a key given twice, an alias out of bounds.',
  csv: 'A table of people is not CSV that can be read: quotes, titles of columns, rows that are longer or shorter.',
  'people-source': 'A source of people is not there yet: nobody has asked the directory.',
  schema: 'A value is not of the form that the schema wants, or a key is not known.',
  include: 'An include names no file, a file twice, or a section that two files give.',
  'duplicate-mac': 'Two devices have one MAC.',
  'duplicate-extension': 'Two files define one extension.',
  'duplicate-key': 'Two keys of a device stand on one position.',
  'unknown-vendor': 'No folder of templates has the name of this vendor.',
  'unknown-model': 'The vendor has no model of this name.',
  'unknown-group': 'No group has this name.',
  'unknown-extension': 'No file defines this extension.',
  'unknown-line': 'A key names a line that the device does not have.',
  'unknown-timezone': 'This is no time zone of the IANA data base.',
  'too-many-lines': 'The device has more lines than its model.',
  'too-many-keys': 'The device has more keys than its model.',
  'unsupported-key': 'The model has no key of this type.',
  'unsupported-value': 'The vendor has no word for this value.',
  'unprintable-value': 'The value has a character that no phone’s file can hold: a line break or a control character.',
  'missing-password': 'A line has no password for its extension.',
  'missing-sip-server': 'A device has a line, but no SIP server to register it with.',
  secret: 'A secret that is referred to cannot be read.',
  'cut-label': 'Phones of a vendor show less of a name than there is of it.',
  'encrypted-file': 'A file of the project is encrypted, and cannot be decrypted here.',
  'plain-password': 'Passwords stand as plain text in a file that git keeps.',
  'weak-password': 'A SIP password is short, easily guessed, or that of several extensions.',
  access: 'A rule of access names no network, or can never be met by the device.',
  'exposed-passwords':
    'Passwords are served to whoever asks, over plain HTTP or TFTP, at an address that is not private.',
  https: 'HTTPS cannot be served with these files, or soon cannot; or a proxy is none.',
  directory: 'The directory on the phone is not told enough, is no directory, or has the account of the sync.',
  canary: 'The canaries of a rollout name no device.',
  api: 'The API cannot listen there, or would let in whom it must not.',
  registry: 'A source of registrations cannot be used, or NOTIFYs are to go a way that there is not.',
  webhooks: 'A webhook that nobody can be told by.',
  vendor: 'A vendor’s folder contradicts itself: a template, a table or a file that is not there.',
  template: 'A template cannot be read, or fails when it is rendered.',
  'duplicate-file': 'Two devices, or two templates, would write one file.',
  'unreadable-file': 'A file of the project cannot be read.',
  'out-folder': 'The folder that is served cannot be written: no space, no permission.',
  revisions: 'An earlier revision cannot be kept, or a device cannot have the one that it is pinned to.',
} as const;

export type ProblemCode = keyof typeof problemCodes;

export const isFatal = (problem: Pick<Problem, 'severity'>): boolean => problem.severity === 'error';

/** `devices.yml:14:9`, `devices.yml:14` or `devices.yml`. */
export function formatPlace({ file, line, column }: Place): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':');
}

/** The other of two places, for a reader who knows the one: `line 9`, or with its file. */
export const otherPlace = (other: Place, { file }: Place): string =>
  other.file === file && other.line !== undefined ? `line ${other.line}` : formatPlace(other);

/** Longer than any name; what is longer is cut in a message. */
const longest = 60;

/** What was seen, for a message: in quotes, short, and on one line whatever it holds. */
export const quoted = (text: string): string => visible(JSON.stringify(shortened(text)));

/** Cut where it is too long, and before a password: behind a quote that was not closed a text may have swallowed one. */
export function shortened(text: string): string {
  const [password] = /(?:password|token|secret)["']?\s*[:=]/i.exec(text) ?? [];
  const end = Math.min(password ? text.indexOf(password) : text.length, text.length > longest ? longest - 3 : longest);
  return end < text.length ? `${text.slice(0, end)}…`.toWellFormed() : text.toWellFormed();
}

/** A message without what it quotes: for files whose text is nobody’s to see. */
export const unquoted = (message: string): string => message.replace(/"(?:[^"\\]|\\.)*"/g, '"…"');

/** Text with its line breaks and control characters written as escapes: so that one line stays one line. */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\ufdd0-\ufdef\ufffe\uffff]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

/** By file, line and column: the order in which a person mends them. */
export function inReadingOrder(problems: Iterable<Problem>): Problem[] {
  const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...problems].sort(
    (a, b) =>
      text(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      text(a.message, b.message),
  );
}

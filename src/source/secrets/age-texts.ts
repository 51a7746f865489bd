import { Secret } from '../../model/secret.ts';
import type { SecretAnswer } from '../../model/sources.ts';
import { openAge } from './age.ts';
import type { Identities } from './identities.ts';

/** Texts of `{ age: TEXT }`, decrypted ahead: what reads them afterwards cannot wait. */
export interface AgeTexts {
  /** Each text is decrypted once, for as long as it is there; again only when it failed and identities have changed. */
  refresh(contents: readonly object[]): Promise<boolean>;
  read(text: string): SecretAnswer;
  lacking(content: object): { readonly count: number; readonly reason: string } | undefined;
}

export interface AgeTextsOptions {
  readonly identities: () => Identities;
  /** What is no password though it can be decrypted is none. */
  readonly toAnswer: (text: string | Error) => SecretAnswer;
}

/** Decrypted at one time: enough to keep the threads busy that compute. */
const together = 64;

export function createAgeTexts({ identities, toAnswer }: AgeTextsOptions): AgeTexts {
  const answers = new Map<string, SecretAnswer>();
  const found = new WeakMap<object, readonly string[]>();
  // Stands for each text while there is no identity: that is one fault, and not one for each of them.
  const unknown = new Secret('placeholder for an age text');
  let last = { version: '', isLacking: false };

  function textsOf(content: object): readonly string[] {
    const known = found.get(content) ?? ageTextsIn(content);
    found.set(content, known);
    return known;
  }

  async function decrypt(text: string): Promise<SecretAnswer> {
    const opened = openAge(text);
    const plain = 'reason' in opened ? opened : await identities().decrypt(opened);
    if ('reason' in plain) return { unreadable: `the age text ${plain.reason}` };
    return toAnswer(decoded(plain));
  }

  return {
    async refresh(contents) {
      const wanted = new Set(contents.flatMap(textsOf));
      for (const text of answers.keys()) if (!wanted.has(text)) answers.delete(text);
      const { version, all } = identities();
      const before = last;
      last = { version, isLacking: all.length === 0 };
      if (last.isLacking) answers.clear();
      const open = [...wanted].filter((text) => isOpen(answers.get(text), before.version !== version));
      const known = open.map((text) => answers.get(text));
      for (let first = 0; !last.isLacking && first < open.length; first += together) {
        const some = open.slice(first, first + together);
        const made = await Promise.all(some.map(decrypt));
        for (const [index, text] of some.entries()) answers.set(text, made[index]!);
      }
      if (before.isLacking !== last.isLacking) return wanted.size > 0;
      return known.some((answer, index) => answer && !isSame(answer, answers.get(open[index]!)));
    },
    read: (text) =>
      answers.get(text) ?? (last.isLacking ? unknown : { unreadable: 'the age text has not been decrypted' }),
    lacking(content) {
      const { all, lacking } = identities();
      const count = all.length > 0 ? 0 : textsOf(content).length;
      return count > 0 ? { count, reason: lacking ?? '' } : undefined;
    },
  };
}

const isOpen = (answer: SecretAnswer | undefined, isOther: boolean): boolean =>
  !answer || (isOther && 'unreadable' in answer);

const isSame = (one: SecretAnswer, other: SecretAnswer | undefined): boolean =>
  'unreadable' in one && other !== undefined && 'unreadable' in other && one.unreadable === other.unreadable;

function ageTextsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('age' in value && typeof value.age === 'string') return [value.age];
  return Object.values(value).flatMap(ageTextsIn);
}

/** As a file with a password: a line break at its end does not count. */
function decoded(bytes: Uint8Array): string | Error {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    return new Error('is not UTF-8');
  }
}

import type { Path } from '../../model/sources.ts';
import type { Undecrypted } from './age.ts';

/** Which values of a file SOPS encrypts. */
export interface Rules {
  isEncrypted(path: Path): boolean;
  /** The MAC leaves out what is in the clear. */
  readonly macOnlyEncrypted: boolean;
}

type Test = (step: string) => boolean;

/** From the words of the section `sops`: `shouldBeEncrypted` in sops.go, where the later rules win. */
export function createRules(word: (name: string) => string | undefined): Rules | Undecrypted {
  if (word('encrypted_comment_regex') || word('unencrypted_comment_regex'))
    return { reason: 'is encrypted by its comments (SOPS’s comment_regex), which offhook does not follow' };
  const suffix = (name: string): Test | undefined => {
    const end = word(name);
    return end ? (step) => step.endsWith(end) : undefined;
  };
  const regex = (name: string): Test | undefined => {
    const pattern = word(name);
    // Go writes flags in front, for all of it.
    const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern ?? '') ?? [];
    const expression = pattern ? new RegExp(rest, flags) : undefined;
    return expression && ((step) => expression.test(step));
  };
  try {
    const clear: Maybe = [suffix('unencrypted_suffix'), regex('unencrypted_regex')];
    const hidden: Maybe = [suffix('encrypted_suffix'), regex('encrypted_regex')];
    return { isEncrypted: decide(clear, hidden), macOnlyEncrypted: word('mac_only_encrypted') === 'true' };
  } catch {
    return { reason: 'has a regular expression of SOPS that JavaScript does not read' };
  }
}

type Maybe = readonly [suffix: Test | undefined, regex: Test | undefined];

function decide([clearEnd, clearRegex]: Maybe, [hiddenEnd, hiddenRegex]: Maybe): Rules['isEncrypted'] {
  return (path) => {
    const has = (test: Test) => path.some((step) => typeof step === 'string' && test(step));
    let isEncrypted = !(clearEnd && has(clearEnd));
    if (hiddenEnd) isEncrypted = has(hiddenEnd);
    if (clearRegex && has(clearRegex)) isEncrypted = false;
    if (hiddenRegex) isEncrypted = has(hiddenRegex);
    return isEncrypted;
  };
}

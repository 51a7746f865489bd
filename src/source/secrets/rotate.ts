import { leavesOf } from '../yaml.ts';
import { type Decrypt, type Encrypt, isAge, openAge, toArmor, type Undecrypted } from './age.ts';
import { isSops } from './sops.ts';

/** Encrypts anew what was encrypted for others. */
export interface Rotation {
  readonly decrypt: Decrypt;
  readonly encrypt: Encrypt;
}

export interface Rotated {
  readonly bytes: Buffer;
  /** Values of `{ age }` that are encrypted anew. */
  readonly values: number;
  /** The file itself is. */
  readonly isWhole: boolean;
}

/** Why nothing of a file was encrypted anew; `offset` is that of the value in its text. */
export interface Unrotated extends Undecrypted {
  readonly offset?: number;
}

/**
 * A file with all that age has encrypted in it encrypted anew: itself, and its values. What stands around them, comments
 * and order, stays byte for byte. Undefined where there is nothing to do; `sops` for a file that SOPS must see to.
 */
export async function rotateFile(bytes: Buffer, rotation: Rotation): Promise<Rotated | Unrotated | 'sops' | undefined> {
  if (!isAge(bytes)) return rotateText(bytes, rotation);
  const opened = openAge(bytes);
  const plain = 'reason' in opened ? opened : await rotation.decrypt(opened);
  if ('reason' in plain) return plain;
  const inside = await rotateText(Buffer.from(plain), rotation);
  if (inside !== undefined && inside !== 'sops' && 'reason' in inside)
    return { reason: `has a value in it that ${inside.reason}` };
  const text = inside === undefined || inside === 'sops' ? plain : inside.bytes;
  const made = await rotation.encrypt(text);
  const isArmored = bytes.subarray(0, 1).toString() === '-';
  return {
    bytes: Buffer.from(isArmored ? toArmor(made) : made),
    values: inside === undefined || inside === 'sops' ? 0 : inside.values,
    isWhole: true,
  };
}

async function rotateText(bytes: Buffer, rotation: Rotation): Promise<Rotated | Unrotated | 'sops' | undefined> {
  const text = bytes.toString('utf8');
  if (isSops(text)) return 'sops';
  if (!text.includes('age')) return undefined;
  const leaves = (attempt(() => leavesOf(text)) ?? []).filter(
    ({ path, style }) => path.at(-1) === 'age' && style !== 'alias',
  );
  const pieces: string[] = [];
  let done = 0;
  for (const leaf of leaves) {
    const opened = openAge(leaf.value);
    const plain = 'reason' in opened ? opened : await rotation.decrypt(opened);
    if ('reason' in plain) return { reason: plain.reason, offset: leaf.from };
    pieces.push(
      text.slice(done, leaf.from),
      written(text.slice(leaf.from, leaf.to), await rotation.encrypt(plain), leaf.indent),
    );
    done = leaf.to;
  }
  if (leaves.length === 0) return undefined;
  return { bytes: Buffer.from([...pieces, text.slice(done)].join('')), values: leaves.length, isWhole: false };
}

/** As it was written before: a block stays a block, with its header; what stood on a line becomes base64 in the same quotes. */
function written(before: string, made: Uint8Array, indent: number): string {
  const [header] = /^[|>].*\r?\n/.exec(before) ?? [];
  if (header === undefined) {
    const quote = /^["']/.exec(before)?.[0] ?? '';
    return `${quote}${Buffer.from(made).toString('base64')}${quote}`;
  }
  const eol = header.endsWith('\r\n') ? '\r\n' : '\n';
  const lines = before.includes('-----BEGIN')
    ? toArmor(made).trimEnd().split('\n')
    : [Buffer.from(made).toString('base64')];
  return header + lines.map((line) => ' '.repeat(indent) + line).join(eol);
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

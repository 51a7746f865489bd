import type { PublicKey } from '../output/minisign-key.ts';
import { type Proof, verifyFolder } from '../output/verify.ts';
import { visible } from '../problem.ts';
import type { Console } from './command.ts';

export const verifyFormats = ['text', 'json'] as const;
export type VerifyFormat = (typeof verifyFormats)[number];

export interface VerifyArguments {
  /** A copy of an out/. */
  readonly dir: string;
  readonly key?: PublicKey;
  readonly format: VerifyFormat;
  /** Files that people put beside are listed, and are no fault. */
  readonly allowAdditional: boolean;
}

/** Holds a copy of an out/ against its manifest, and lists what differs. 0 when it is whole, else 1. */
export async function verify(
  { dir, key, format, allowAdditional }: VerifyArguments,
  console: Console,
): Promise<number> {
  const proof = await verifyFolder(dir, key).catch((error: Error) => error);
  const isWhole = !(proof instanceof Error) && isProven(proof, allowAdditional);
  if (format === 'json')
    console.out(
      `${JSON.stringify({ whole: isWhole, ...(proof instanceof Error ? { reason: proof.message } : proof) }, null, 2)}\n`,
    );
  else if (proof instanceof Error) console.err(`${dir}: ${proof.message}\n`);
  else {
    console.out(list(proof));
    console.err(`${dir}: ${summary(proof)}${isWhole ? '' : ': not whole'}\n`);
  }
  return isWhole ? 0 : 1;
}

const isProven = ({ missing, changed, additional }: Proof, allowAdditional: boolean): boolean =>
  missing.length + changed.length + (allowAdditional ? 0 : additional.length) === 0;

/** A line for each file that is not as it should be. */
const list = ({ missing, changed, additional }: Proof): string =>
  [
    ...missing.map((path) => `missing     ${visible(path)}\n`),
    ...changed.map(({ path, reason }) => `changed     ${visible(path)}: ${reason}\n`),
    ...additional.map((path) => `additional  ${visible(path)}\n`),
  ].join('');

function summary({ files, missing, changed, additional, signature, comment }: Proof): string {
  const faults = Object.entries({ missing, changed, additional })
    .filter(([, paths]) => paths.length > 0)
    .map(([word, paths]) => `${paths.length} ${word}`);
  const whole = faults.length === 0 ? ['all as the manifest says'] : faults;
  const signed = {
    verified: `signed (${visible(comment ?? '').replaceAll('\\u0009', ' ')})`,
    unverified: 'signed, but not verified: no --public-key',
    none: 'not signed',
  };
  return `${files} files, ${whole.join(', ')}; ${signed[signature]}`;
}

import type { Fields, Value } from '../model/edit.ts';
import { plainIn } from '../model/password-care.ts';
import type { Path, Sources } from '../model/sources.ts';
import { isFields } from '../source/edit/value.ts';
import { createEncrypt, type Encrypt } from '../source/secrets/age.ts';
import { readRecipients } from '../source/secrets/recipients.ts';

/** Values that may be written to a file that git keeps; or why not. */
export type Sealed = { readonly fields: Fields; readonly warning?: string } | { readonly refused: string };

/**
 * Passwords in the clear are encrypted for the project's recipients. Without any they are refused, unless the project has
 * such passwords already: then it is said.
 */
export async function sealFields(fields: Fields, dir: string, sources: () => Promise<Sources>): Promise<Sealed> {
  const paths = plainIn(fields, []);
  if (paths.length === 0) return { fields };
  const encrypt = encryptFor(dir);
  if (encrypt) return { fields: (await sealedAt(fields, paths, encrypt)) as Fields };
  const { files } = await sources();
  const words = paths.map((path) => path.join('.')).join(', ');
  // What an encrypted file says stands nowhere as plain text.
  if (files.some(({ content, isSealed }) => !isSealed && plainIn(content, []).length > 0))
    return { fields, warning: `${words}: written as plain text, as other passwords of the project are` };
  return {
    refused: `${words} would stand in the file as plain text; wanted { env: NAME }, { file: PATH } or { age: TEXT }, or .age-recipients beside devices.yml (offhook secret keygen), for whom it is then encrypted`,
  };
}

function encryptFor(dir: string): Encrypt | undefined {
  try {
    return createEncrypt(readRecipients(dir, []));
  } catch {
    return undefined;
  }
}

async function sealedAt(value: Value, paths: readonly Path[], encrypt: Encrypt): Promise<Value> {
  if (paths.some((path) => path.length === 0))
    return { age: Buffer.from(await encrypt(String(value))).toString('base64') };
  const within = (step: string) => paths.filter(([first]) => String(first) === step).map((path) => path.slice(1));
  const inner = (step: string, one: Value) =>
    within(step).length === 0 ? Promise.resolve(one) : sealedAt(one, within(step), encrypt);
  if (Array.isArray(value)) return Promise.all(value.map((one, index) => inner(String(index), one)));
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(async ([key, one]) => [key, await inner(key, one)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

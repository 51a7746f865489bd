import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { armor, Encrypter } from 'age-encryption';

// What `sops encrypt` writes, built as getsops/sops documents it (aes/cipher.go, sops.go, stores/yaml): sops itself is in no
// Debian package.

export type Tree = { readonly [key: string]: Tree | readonly (Tree | string)[] | string | number | boolean };

export interface SopsOptions {
  readonly recipients: readonly string[];
  /** Keys that are encrypted with all that is below them; all when it is not given. */
  readonly encryptedRegex?: string;
  readonly macOnlyEncrypted?: boolean;
}

/** A file of YAML as SOPS leaves it behind. */
export async function encryptSops(
  tree: Tree,
  { recipients, encryptedRegex, macOnlyEncrypted }: SopsOptions,
): Promise<string> {
  const key = randomBytes(32);
  const hash = createHash('sha512');
  if (macOnlyEncrypted)
    hash.update(Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex'));
  const isHidden = (path: readonly string[]) =>
    encryptedRegex === undefined || path.some((step) => new RegExp(encryptedRegex).test(step));
  const lines: string[] = [];

  function leaf(value: string | number | boolean, path: readonly string[]): string {
    const bytes = typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
    const hidden = isHidden(path);
    if (hidden || !macOnlyEncrypted) hash.update(bytes);
    if (!hidden || value === '') return typeof value === 'string' ? JSON.stringify(value) : String(value);
    const type = { string: 'str', number: Number.isInteger(value) ? 'int' : 'float', boolean: 'bool' }[
      typeof value as 'string'
    ];
    return seal(key, bytes, { type, aad: path.map((step) => `${step}:`).join('') });
  }

  function write(node: Tree, path: readonly string[]): void {
    const indent = '    '.repeat(path.length);
    for (const [name, value] of Object.entries(node)) {
      const shown = /^\d+$/.test(name) ? JSON.stringify(name) : name;
      if (Array.isArray(value)) {
        lines.push(`${indent}${shown}:`);
        for (const item of value)
          lines.push(
            `${indent}    - ${typeof item === 'object' ? flow(item, [...path, name]) : leaf(item, [...path, name])}`,
          );
      } else if (typeof value === 'object') {
        lines.push(`${indent}${shown}:`);
        write(value as Tree, [...path, name]);
      } else lines.push(`${indent}${shown}: ${leaf(value, [...path, name])}`);
    }
  }

  const flow = (node: Tree, path: readonly string[]): string =>
    `{ ${Object.entries(node)
      .map(([name, value]) => `${name}: ${leaf(value as string, [...path, name])}`)
      .join(', ')} }`.replace(/: (ENC\[[^\]]*\])/g, ': "$1"');

  write(tree, []);
  const lastmodified = '2026-01-02T03:04:05Z';
  const mac = seal(key, hash.digest('hex').toUpperCase(), { type: 'str', aad: lastmodified });
  const wrapped = await Promise.all(recipients.map((recipient) => recipientEntry(recipient, key)));
  return [
    ...lines,
    'sops:',
    '    age:',
    ...wrapped,
    `    lastmodified: "${lastmodified}"`,
    `    mac: ${mac}`,
    ...(encryptedRegex === undefined
      ? ['    unencrypted_suffix: _unencrypted']
      : [`    encrypted_regex: ${encryptedRegex}`]),
    ...(macOnlyEncrypted ? ['    mac_only_encrypted: true'] : []),
    '    version: 3.11.0',
    '',
  ].join('\n');
}

function seal(key: Buffer, plain: string, { type, aad }: { type: string; aad: string }): string {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad));
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  const [text, nonce, tag] = [data, iv, cipher.getAuthTag()].map((bytes) => bytes.toString('base64'));
  return `ENC[AES256_GCM,data:${text},iv:${nonce},tag:${tag},type:${type}]`;
}

async function recipientEntry(recipient: string, key: Buffer): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const enc = armor.encode(await encrypter.encrypt(key)).trimEnd();
  return [
    `        - recipient: ${recipient}`,
    '          enc: |',
    ...enc.split('\n').map((line) => `            ${line}`),
  ].join('\n');
}

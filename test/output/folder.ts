import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { File } from '../../src/model/file.ts';
import type { Mac } from '../../src/model/mac.ts';
import { openSecretKey, parsePublicKey } from '../../src/output/minisign-key.ts';

/** An empty folder that goes when the test's file is done. */
export function createFolder(done: (remove: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-output-'));
  done(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file of a build: of a device when the name begins with its MAC, else of a vendor. */
export function fileOf(path: string, text: string): File {
  const bytes = Buffer.from(text);
  const [mac] = /^[0-9a-f]{12}/.exec(path) ?? [];
  const audience = mac === undefined ? { vendor: 'acme' } : { mac: mac as Mac };
  return {
    path,
    bytes,
    size: bytes.length,
    hash: createHash('sha256').update(bytes).digest('hex'),
    audience,
    secrets: [],
  };
}

/** Writes files as people do it. */
export function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** A pair of keys of the tests and of nothing else. */
export const secretKey = await openSecretKey(
  'x\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9X4IkXmSmsrFdILg2XKWBZi/iLb/+dWquwdakQt0il29yVsuE6uQQJl3p6pjos3zTjXiTB1gn7ZcZyHBrtIxLsjb3yuGjdyiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
);
export const publicKey = parsePublicKey('RWT1fgiReZKaypl3p6pjos3zTjXiTB1gn7ZcZyHBrtIxLsjb3yuGjdyi');

import type { Cut } from '../render/cut.ts';

/**
 * `revision`: the files of a device by their hashes, whose names many devices share (`layout`). `kept`: where the text
 * of each file is that stands in out/ no more: a part of a `chunk`, which many files are compressed in together, since
 * those of one model are much the same. No secret is in any of it.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE layout (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE revision (
    device TEXT NOT NULL, revision TEXT NOT NULL, until INTEGER NOT NULL, layout INTEGER NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (device, revision)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE chunk (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE kept (
    device TEXT NOT NULL, hash BLOB NOT NULL, chunk INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (device, hash)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX kept_chunk ON kept (chunk);
  `,
];

/** Of a SHA-256 so many bytes are enough to tell the files of one device apart. */
const hashBytes = 16;

/** The hash of a file as it is kept: 32 hexadecimal digits. */
export const shortHash = (hash: string): string => hash.slice(0, 2 * hashBytes);

export const hashesBlob = (hashes: readonly string[]): Buffer =>
  Buffer.from(hashes.map((hash) => shortHash(hash)).join(''), 'hex');

export function hashesIn(blob: Uint8Array): string[] {
  const text = Buffer.from(blob).toString('hex');
  return text.match(new RegExp(`.{${2 * hashBytes}}`, 'g')) ?? [];
}

/** What was cut, as bytes: the gaps on the first line, then the text. */
export const recordOf = ({ text, gaps }: Cut): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(gaps)}\n`), text]);

export function cutIn(record: Buffer): Cut {
  const end = record.indexOf('\n');
  return { gaps: JSON.parse(record.toString('utf8', 0, end)), text: record.subarray(end + 1) };
}

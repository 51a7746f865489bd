import { constants, zstdCompressSync } from 'node:zlib';
import type { Mac } from '../model/mac.ts';
import type { DatabaseSync } from './database.ts';
import { hashesBlob } from './revisions-schema.ts';

/** An earlier revision of a device: its own files, without those that it shares with others. */
export interface KeptRevision {
  readonly revision: string;
  /** When it was replaced, milliseconds since 1970. */
  readonly until: number;
  /** `hash`: the first 32 digits of the SHA-256. */
  readonly files: readonly { readonly path: string; readonly hash: string }[];
}

/** A file that waits to be written. */
export interface WaitingFile {
  readonly mac: Mac;
  readonly hash: string;
  readonly record: Buffer;
}

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** The names of a device's files, as all devices of its model have them. */
const namesOf = (mac: Mac, paths: readonly string[]): string =>
  JSON.stringify(paths.map((path) => path.replaceAll(mac, '{mac}').replaceAll(mac.toUpperCase(), '{MAC}')));

/** What is written of earlier revisions; within a transaction each. */
export function createRevisionRows(database: DatabaseSync) {
  const addLayout = database.prepare('INSERT OR IGNORE INTO layout (names) VALUES (?)');
  const layoutOf = database.prepare('SELECT id FROM layout WHERE names = ?');
  const putRevision = database.prepare('INSERT OR REPLACE INTO revision VALUES (?, ?, ?, ?, ?)');
  const removeRevision = database.prepare('DELETE FROM revision WHERE device = ? AND revision = ?');
  const count = database.prepare('SELECT count(*) AS count FROM revision WHERE device = ?');
  const addChunk = database.prepare('INSERT INTO chunk (bytes) VALUES (?)');
  const has = database.prepare('SELECT 1 FROM kept WHERE device = ? AND hash = ?');
  const keep = database.prepare('INSERT OR IGNORE INTO kept VALUES (?, ?, ?, ?, ?)');
  const removeKept = database.prepare('DELETE FROM kept WHERE device = ? AND hash = ? RETURNING chunk');
  const dropChunk = database.prepare(
    'DELETE FROM chunk WHERE id = ? AND NOT EXISTS (SELECT 1 FROM kept WHERE chunk = ?)',
  );

  function removeFiles(mac: Mac, hashes: readonly string[]): void {
    const chunks = new Set(hashes.map((hash) => removeKept.get(mac, hashesBlob([hash]))?.chunk));
    for (const id of chunks) if (id !== undefined) dropChunk.run(Number(id), Number(id));
  }

  const filesOf = database.prepare('SELECT lower(hex(hash)) AS hash FROM kept WHERE device = ?');
  const removeAll = database.prepare('DELETE FROM revision WHERE device = ?');
  return {
    putFiles(files: readonly WaitingFile[]) {
      if (files.length === 0) return;
      const bytes = zstdCompressSync(Buffer.concat(files.map(({ record }) => record)), compression);
      const id = Number(addChunk.run(bytes).lastInsertRowid);
      let start = 0;
      for (const { mac, hash, record } of files) {
        keep.run(mac, hashesBlob([hash]), id, start, record.length);
        start += record.length;
      }
    },
    putRevision(mac: Mac, { revision, until, files }: KeptRevision) {
      const names = namesOf(
        mac,
        files.map(({ path }) => path),
      );
      addLayout.run(names);
      const layout = Number(layoutOf.get(names)?.id);
      putRevision.run(mac, revision, until, layout, hashesBlob(files.map(({ hash }) => hash)));
    },
    removeRevision: (mac: Mac, revision: string) => void removeRevision.run(mac, revision),
    count: (mac: Mac) => Number(count.get(mac)?.count),
    hasFile: (mac: Mac, hash: string) => has.get(mac, hashesBlob([hash])) !== undefined,
    removeFiles,
    forget(mac: Mac) {
      removeAll.run(mac);
      removeFiles(
        mac,
        filesOf.all(mac).map(({ hash }) => String(hash)),
      );
    },
  };
}

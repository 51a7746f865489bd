import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { Log } from '../log.ts';
import type { Mac } from '../model/mac.ts';
import type { Cut } from '../render/cut.ts';
import { type DatabaseSync, openDatabase, openForReading, transaction } from './database.ts';
import type { KeptRevision } from './revisions-rows.ts';
import { createRevisionRows, type WaitingFile } from './revisions-rows.ts';
import { cutIn, hashesBlob, hashesIn, migrations, recordOf, shortHash } from './revisions-schema.ts';

export type { KeptRevision } from './revisions-rows.ts';

export interface RevisionsReader {
  /** The latest first. */
  of(mac: Mac): KeptRevision[];
  revision(mac: Mac, revision: string): KeptRevision | undefined;
  /** A file that was replaced, by its hash; undefined for one that is not kept: it may stand in out/. */
  file(mac: Mac, hash: string): Cut | undefined;
  close(): void;
}

/** What devices had before, without any secret. */
export interface Revisions extends RevisionsReader {
  /** Gathers; `flush` writes. @throws Error when the disk does not take it */
  keepFile(mac: Mac, hash: string, cut: () => Cut): void;
  keepRevision(mac: Mac, revision: string, files: readonly { readonly path: string; readonly hash: string }[]): void;
  /** Writes all that was gathered. @throws Error when the disk does not take it: it is forgotten then */
  flush(): void;
  /** Devices that are no more. */
  forget(macs: readonly Mac[]): void;
}

export interface RevisionsOptions {
  /** The state folder; the file in it is `revisions.db`. */
  readonly folder: string;
  readonly log: Log;
  /** Revisions of a device that are kept; 10 when not given. */
  readonly most?: number;
  /** Those are kept all the same. */
  readonly isPinned?: (mac: Mac, revision: string) => boolean;
  readonly now?: () => number;
}

const pathIn = (folder: string) => join(folder, 'revisions.db');
/** Bytes that are compressed together: some hundred files, of which one is read in milliseconds. */
const chunkBytes = 1 << 20;
/** Revisions that are written in one transaction. */
const together = 1000;

/** @throws Error when the file cannot be opened; a broken one is moved aside, and nothing earlier is known then */
export function openRevisions({ folder, log, most = 10, isPinned, now = Date.now }: RevisionsOptions): Revisions {
  const database = openDatabase({ path: pathIn(folder), migrations, log });
  const reader = readerOf(database);
  const rows = createRevisionRows(database);
  let files = new Map<string, WaitingFile>();
  let revisions = new Map<string, { readonly mac: Mac; readonly kept: KeptRevision }>();
  let bytes = 0;
  const keyOf = (mac: Mac, word: string) => `${mac} ${word}`;

  function write(): void {
    transaction(database, () => {
      rows.putFiles([...files.values()]);
      for (const { mac, kept } of revisions.values()) rows.putRevision(mac, kept);
      for (const mac of new Set([...revisions.values()].map((one) => one.mac))) prune(mac);
    });
  }

  function flush(): void {
    if (files.size === 0 && revisions.size === 0) return;
    try {
      write();
    } finally {
      files = new Map();
      revisions = new Map();
      bytes = 0;
    }
  }

  function prune(mac: Mac): void {
    if (rows.count(mac) <= most) return;
    const all = reader.of(mac);
    const surplus = all.slice(most).filter(({ revision }) => !isPinned?.(mac, revision));
    const gone = new Set(surplus.map(({ revision }) => revision));
    const wanted = new Set(
      all.filter(({ revision }) => !gone.has(revision)).flatMap((one) => one.files.map(({ hash }) => hash)),
    );
    for (const revision of gone) rows.removeRevision(mac, revision);
    const unwanted = new Set(surplus.flatMap((one) => one.files.map(({ hash }) => hash))).difference(wanted);
    rows.removeFiles(mac, [...unwanted]);
  }

  return {
    of(mac) {
      flush();
      return reader.of(mac);
    },
    revision: (mac, revision) => revisions.get(keyOf(mac, revision))?.kept ?? reader.revision(mac, revision),
    file(mac, hash) {
      const waiting = files.get(keyOf(mac, shortHash(hash)));
      return waiting ? cutIn(waiting.record) : reader.file(mac, hash);
    },
    keepFile(mac, hash, cut) {
      const key = keyOf(mac, shortHash(hash));
      if (files.has(key) || rows.hasFile(mac, hash)) return;
      const record = recordOf(cut());
      files.set(key, { mac, hash, record });
      bytes += record.length;
      if (bytes >= chunkBytes) flush();
    },
    keepRevision(mac, revision, own) {
      const kept = { revision, until: now(), files: own.map(({ path, hash }) => ({ path, hash: shortHash(hash) })) };
      revisions.set(keyOf(mac, revision), { mac, kept });
      if (revisions.size >= together) flush();
    },
    flush,
    forget(macs) {
      if (macs.length > 0) transaction(database, () => macs.forEach(rows.forget));
    },
    close: reader.close,
  };
}

/** Reads what is kept, without changing anything while a daemon may be running; undefined when nothing ever was. */
export function readRevisions({ folder }: { readonly folder: string }): RevisionsReader | undefined {
  const database = openForReading({ path: pathIn(folder), migrations });
  return database && readerOf(database);
}

function readerOf(database: DatabaseSync): RevisionsReader {
  const select =
    'SELECT revision, until, names, hashes FROM revision JOIN layout ON layout.id = layout WHERE device = ?';
  const all = database.prepare(`${select} ORDER BY until DESC, revision`);
  const one = database.prepare(`${select} AND revision = ?`);
  const place = database.prepare('SELECT chunk, start, length FROM kept WHERE device = ? AND hash = ?');
  const chunk = database.prepare('SELECT bytes FROM chunk WHERE id = ?');
  let last: { readonly id: number; readonly bytes: Buffer } | undefined;

  /** The files of a build lie in its order: the next is mostly in the same chunk. */
  function bytesOf(id: number): Buffer {
    if (last?.id === id) return last.bytes;
    const bytes = zstdDecompressSync(chunk.get(id)?.bytes as Uint8Array);
    last = { id, bytes };
    return bytes;
  }

  return {
    of: (mac) => all.all(mac).map((row) => keptOf(mac, row)),
    revision(mac, revision) {
      const row = one.get(mac, revision);
      return row && keptOf(mac, row);
    },
    file(mac, hash) {
      const row = place.get(mac, hashesBlob([hash]));
      if (!row) return undefined;
      const start = Number(row.start);
      return cutIn(bytesOf(Number(row.chunk)).subarray(start, start + Number(row.length)));
    },
    close: () => database.close(),
  };
}

function keptOf(mac: Mac, { revision, until, names, hashes }: Readonly<Record<string, unknown>>): KeptRevision {
  const known = hashesIn(hashes as Uint8Array);
  const paths: string[] = JSON.parse(String(names));
  const files = paths.map((name, index) => ({ path: nameFor(name, mac), hash: known[index] ?? '' }));
  return { revision: String(revision), until: Number(until), files };
}

const nameFor = (name: string, mac: Mac): string =>
  name.replaceAll('{mac}', mac).replaceAll('{MAC}', mac.toUpperCase());

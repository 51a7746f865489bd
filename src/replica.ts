import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createAnswering } from './answering.ts';
import type { Log } from './log.ts';
import type { FileEntry } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import { manifestName, signatureName } from './model/manifest.ts';
import { type ReadManifest, readManifest } from './output/manifest.ts';
import { timestampOf } from './output/minisign.ts';
import type { PublicKey } from './output/minisign-key.ts';
import type { Daemon } from './serve.ts';
import { oneAtATime } from './source/one-at-a-time.ts';
import { createVendorReader } from './source/vendors.ts';

export interface ReplicaOptions {
  /** Folder of the copy, absolute; nothing is ever written to it. */
  readonly from: string;
  /** Without one the manifest is believed as it is. */
  readonly key?: PublicKey;
  /** For what user agents say. */
  readonly shipped: { readonly schema: string; readonly templates: string };
  /** Folder of the journal, absolute. */
  readonly state: string;
  readonly host: string;
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly answerPorts?: readonly number[];
  /** Threads that answer phones; 0, or absent: this one. */
  readonly workers?: number;
  /** TFTP moves many datagrams with one system call. */
  readonly batchedUdp?: boolean;
  readonly log: Log;
  /** Milliseconds from one look at the manifest to the next; 1,000 when not given. */
  readonly lookEvery?: number;
}

/** What a manifest says, as it is asked for. */
interface Copy {
  readonly index: ReadonlyMap<string, FileEntry>;
  readonly revisions: ReadonlyMap<Mac, string | undefined>;
  readonly prefixes: readonly string[];
  /** When it was signed, seconds since 1970. */
  readonly signed?: number;
}

/**
 * The daemon that serves a copy of an out/ without building: its manifest says what there is. A manifest that changes is
 * read again; one that does not verify is said, and the last good one stays.
 */
export function createReplica({ from, key, shipped, log, ...options }: ReplicaOptions): Daemon {
  let copy: Copy | undefined;
  const { vendors } = createVendorReader(shipped)();
  const answering = createAnswering({
    ...options,
    log,
    files: {
      out: from,
      index: () => copy?.index ?? new Map(),
      prefixes: () => copy?.prefixes ?? [],
      revisionOf: (mac) => copy?.revisions.get(mac),
      sealed: key !== undefined,
    },
    devices: () => copy?.revisions.keys() ?? [],
    vendors: () => vendors.values(),
    isReady: () => copy !== undefined,
  });
  const { journal, metrics } = answering;
  let looking: NodeJS.Timeout | undefined;
  let known = '';
  let seen = '';

  /** A new manifest counts like a build. */
  function record(at: number, next: Copy | undefined): void {
    const files = next?.index.size ?? copy?.index.size ?? 0;
    const changed = next
      ? [...next.index].filter(([name, { hash }]) => copy?.index.get(name)?.hash !== hash).length
      : 0;
    const removed = next ? [...(copy?.index.keys() ?? [])].filter((name) => !next.index.has(name)).length : 0;
    const devices = next?.revisions.size ?? 0;
    const counts = { devices, files, changed, removed, problems: next ? 0 : 1 };
    const fact = { at, accepted: next !== undefined, ...counts, duration: Date.now() - at };
    journal.add.build(fact);
    metrics.add.build(fact);
  }

  /** @throws Error, a sentence */
  async function take(): Promise<void> {
    const at = Date.now();
    try {
      const manifest = await readManifest(from, key);
      const next = toCopy(manifest);
      if (next.signed !== undefined && copy?.signed !== undefined && next.signed < copy.signed)
        throw new Error(`${manifestName} is older than the one that is served: somebody put an old copy there`);
      record(at, next);
      copy = next;
      await answering.changed();
      log.info('copy accepted', {
        files: next.index.size,
        devices: next.revisions.size,
        signed: manifest.trustedComment,
      });
    } catch (error) {
      record(at, undefined);
      throw error;
    }
  }

  /** What was written a moment ago may not be whole yet, or its signature not there: it is read once it stands still. */
  const look = oneAtATime(async () => {
    const stamp = stampOf(from);
    if (stamp === known) return;
    if (stamp !== seen) {
      seen = stamp;
      return;
    }
    known = stamp;
    await take().catch((error: Error) =>
      log.error('copy refused; what was accepted last is served', { from, reason: error.message }),
    );
  });

  async function stop(): Promise<void> {
    clearInterval(looking);
    await answering.stop();
    await journal.close();
  }

  return {
    async start() {
      try {
        known = stampOf(from);
        await take().catch((error: Error) => {
          throw new Error(`cannot serve the copy in ${from}: ${error.message}`, { cause: error });
        });
        const listening = await answering.start();
        log.info('a copy is served to whoever asks: nothing of `access` is in it', { from });
        looking = setInterval(() => void look(), options.lookEvery ?? 1000).unref();
        return listening;
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
}

function toCopy({ files, prefixes, trustedComment }: ReadManifest): Copy {
  const index = new Map<string, FileEntry>();
  const revisions = new Map<Mac, string | undefined>();
  for (const { path, size, sha256, device, revision } of files) {
    const audience = device ? { mac: device } : { vendor: '' };
    index.set(path.toLowerCase(), { path, size, hash: sha256, audience, secrets: [] });
    if (device) revisions.set(device, revision);
  }
  return { index, revisions, prefixes, signed: trustedComment === undefined ? undefined : timestampOf(trustedComment) };
}

/** Another text whenever one of the two files is another one, through whatever links. */
function stampOf(folder: string): string {
  const stamps = [manifestName, signatureName].map((name) => {
    try {
      const { dev, ino, size, mtimeNs } = statSync(join(folder, name), { bigint: true });
      return [dev, ino, size, mtimeNs].join(' ');
    } catch (error) {
      return String(error instanceof Error && 'code' in error ? error.code : error);
    }
  });
  return stamps.join(', ');
}

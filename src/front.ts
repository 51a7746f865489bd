import { join } from 'node:path';
import { createApplying } from './approach.ts';
import type { Guarding } from './guarding.ts';
import type { Log } from './log.ts';
import type { FetchFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import { sameItems } from './model/same-items.ts';
import type { UploadRule } from './model/upload.ts';
import { identify } from './model/user-agent.ts';
import type { Vendor } from './model/vendor.ts';
import type { IndexedFile } from './serving/file-index.ts';
import type { ApiDoor } from './serving/http/api-door.ts';
import type { Pages } from './serving/http/handler.ts';
import { createHttpServer } from './serving/http/server.ts';
import { type Approach, noApproach } from './serving/https.ts';
import { createLookup, type LookupOptions } from './serving/lookup.ts';
import { createServers, type Listenings } from './serving/servers.ts';
import { createUploads, type UploadsOptions } from './serving/uploads/uploads.ts';
import type { IndexChanges, Tidings } from './serving/workers/messages.ts';
import { createSocketPlace } from './serving/workers/pages-socket.ts';
import type { Settings } from './serving/workers/settings.ts';
import { createWorkers } from './serving/workers/workers.ts';

export interface FrontOptions {
  /** The state folder, absolute. */
  readonly state: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly httpPort: number;
  readonly tftpPort: number;
  /** 0, or absent: any that is free. */
  readonly httpsPort?: number;
  /** How phones come in; over HTTP, and without proxies, when absent. */
  readonly approach?: () => Approach;
  /** Ports that TFTP answers from; none, or absent: the one that was asked. */
  readonly answerPorts?: readonly number[];
  /** TFTP moves many datagrams with one system call, where system and Node can; else one by one. */
  readonly batchedUdp?: boolean;
  /** What is answered from. */
  readonly files: Omit<LookupOptions, 'index' | 'uploads'> &
    Required<Pick<LookupOptions, 'revisionOf'>> & { readonly index: () => ReadonlyMap<string, IndexedFile> };
  /** What is taken from phones; nothing when absent. */
  readonly uploads?: Pick<UploadsOptions, 'settings' | 'rulesOf'>;
  readonly devices: () => Iterable<Mac>;
  readonly vendors: () => Iterable<Vendor>;
  /** Who may fetch what; everybody everything when absent. */
  readonly guarding?: Pick<Guarding, 'gate' | 'seed' | 'hear'>;
  readonly pages: Pages;
  readonly api?: () => ApiDoor | undefined;
  readonly record: (facts: readonly FetchFact[]) => void;
  readonly log: Log;
}

/** Where phones come to: the servers of this thread, or those of others. */
export interface Front {
  /** Rejects with a sentence when a port cannot be had. */
  start(): Promise<Listenings>;
  /** Files, or what else is answered from, are others now; which files, if that is known. Resolves when it holds everywhere. */
  changed(changes?: IndexChanges): Promise<void>;
  /** For the gates. Resolves when they know. */
  tell(tidings: Tidings): Promise<void>;
  /** Lets answers and transfers under way finish. */
  stop(): Promise<void>;
}

/** All in this thread: what changes is asked for when it is needed. */
export function createOwnFront(options: FrontOptions): Front {
  const { files, guarding, answerPorts, batchedUdp, record, vendors, log } = options;
  const { approach = () => noApproach } = options;
  const uploads = openUploads(options);
  const servers = createServers({
    ...options,
    lookup: createLookup({ ...files, uploads: uploads?.find }),
    ...{ gate: guarding?.gate, uploads, tftp: { answerPorts, batched: batchedUdp } },
    record: (fact) => record([fact]),
    identify: (userAgent) => identify(userAgent, vendors()),
  });
  const applying = createApplying({ approach, apply: servers.use, log });
  return {
    start: () => applying.begin(servers.start),
    changed: applying.follow,
    tell: async () => {},
    stop() {
      applying.stop();
      return servers.stop();
    },
  };
}

/** Phones are served by so many workers; what is not for phones comes here. */
export function createWorkersFront(options: FrontOptions & { readonly workers: number }): Front {
  const { files, guarding, pages, api, state, record, vendors, log, answerPorts = [] } = options;
  const { host, httpPort, tftpPort, httpsPort = 0, approach = () => noApproach } = options;
  const uploads = openUploads(options);
  const place = createSocketPlace(state);
  const own = createHttpServer({
    ...{ host, port: 0, path: place.path, proxies: ['unix'], pages, api, uploads, log },
    // A connection that was handed over for its first request may go on with a phone's: behind a proxy they share it.
    lookup: createLookup({ ...files, uploads: uploads?.find, cache: 0 }),
    gate: guarding?.gate,
    record: (fact) => record([fact]),
    identify: (userAgent) => identify(userAgent, vendors()),
  });
  const workers = createWorkers({
    ...{ count: options.workers, out: files.out, sealed: files.sealed, state, pages: place.path, record, log },
    batchedUdp: options.batchedUdp,
    revisionOf: files.revisionOf,
    gate: guarding?.seed,
    found: guarding?.hear,
  });
  const news = createSettingsNews(options);
  const applying = createApplying({ approach, apply, log });

  function apply(next: Approach) {
    own.update({ proxies: ['unix', ...next.proxies] });
    return workers.use(next);
  }

  async function changed(changes?: IndexChanges): Promise<void> {
    const settings = news();
    if (settings) await workers.configure(settings);
    await workers.update(files.index(), changes);
    await applying.follow();
  }

  return {
    changed,
    tell: workers.tell,
    async start() {
      try {
        await own.start();
        await changed();
        return await applying.begin((first) => {
          own.update({ proxies: ['unix', ...first.proxies] });
          return workers.start({ host, httpPort, tftpPort, httpsPort, answerPorts }, first);
        });
      } catch (error) {
        place.remove();
        throw error;
      }
    },
    async stop() {
      applying.stop();
      await Promise.all([own.stop(), workers.stop()]);
      place.remove();
    },
  };
}

const openUploads = ({ uploads, state, files }: FrontOptions) =>
  uploads && createUploads({ ...uploads, folder: join(state, 'uploads'), prefixes: files.prefixes });

/** The settings for workers, when they are others than the last time. */
function createSettingsNews({ files, uploads, devices, vendors }: FrontOptions): () => Settings | undefined {
  let last: readonly unknown[] | undefined;
  return () => {
    const prefixes = files.prefixes?.() ?? [];
    const agents = [...vendors()].map(({ id, user_agents }) => ({ id, user_agents }));
    const taken = uploads?.settings();
    const rules = taken && uploads ? [...devices()].map((mac) => [mac, uploads.rulesOf(mac) ?? []] as const) : [];
    const parts = [...prefixes, ...agents.flatMap(({ id, user_agents }) => [id, user_agents]), taken, ...rules.flat()];
    if (last && sameItems(parts, last)) return undefined;
    last = parts;
    const kept = taken && { settings: taken, rules: new Map<Mac, readonly UploadRule[]>(rules) };
    return { prefixes, vendors: agents, uploads: kept };
  };
}

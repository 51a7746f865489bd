import { threadId } from 'node:worker_threads';
import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Mac } from '../../model/mac.ts';
import { identify } from '../../model/user-agent.ts';
import { openSpool, spoolLine } from '../../spool.ts';
import { createGate, type GateNews, type KeptGate } from '../access/gate.ts';
import type { FileIndex, IndexedFile } from '../file-index.ts';
import { isForPeople } from '../http/api-door.ts';
import { type Approach, noApproach } from '../https.ts';
import { cacheBytes, createLookup } from '../lookup.ts';
import { createServers, type Servers } from '../servers.ts';
import { defaultLimits, type Limits } from '../tftp/limits.ts';
import { createUploads } from '../uploads/uploads.ts';
import { createFactOutbox } from './fact-outbox.ts';
import { createLayeredIndex } from './layered-index.ts';
import type { FromWorker, Places, ToWorker, WorkerData } from './messages.ts';
import { openMisses } from './misses.ts';
import { passTo } from './pages-socket.ts';
import { openUploadRules, type Settings, type UploadRules } from './settings.ts';

export interface ThreadServingOptions {
  readonly data: WorkerData;
  readonly post: (message: FromWorker) => void;
  /** Nothing more will be done. */
  readonly done: () => void;
}

/** What a worker does: serves from its index and its settings, as it is told, and tells what came of it. */
export function createThreadServing({ data, post, done }: ThreadServingOptions): (message: ToWorker) => void {
  const index = createLayeredIndex();
  let settings: Omit<Settings, 'uploads'> = { prefixes: [], vendors: [] };
  let taken: UploadRules | undefined;
  let version = 0;
  /** When the files of now came to be served. */
  let since = 0;
  let approach: Approach = noApproach;
  let servers: Servers | undefined;
  let changing: Promise<unknown> = Promise.resolve();
  const log = logTo(post);
  const outbox = createFactOutbox({ send: (facts) => post({ kind: 'facts', facts }) });
  const spool = openSpool({ folder: data.spool, name: `${threadId}` });
  const misses = openMisses(data.misses, (missed) => gate?.hear({ missed }));
  const gate = data.gate && openGate(data.gate, index, tellOthers);
  const uploads = createUploads({
    folder: data.uploads,
    settings: () => taken?.settings,
    rulesOf: (device) => taken?.of(device),
    prefixes: () => settings.prefixes,
  });
  const lookup = createLookup({
    ...{ out: data.out, sealed: data.sealed, cache: cacheBytes / data.workers, uploads: uploads.find },
    index: () => index,
    prefixes: () => settings.prefixes,
    // The main thread knows the revisions; here it is enough to say of which build the bytes are.
    revisionOf: () => String(version),
  });

  function tellOthers(news: GateNews): void {
    if ('missed' in news) misses.tell(news.missed);
    else post({ kind: 'news', news });
  }

  /** It is of this process until the journal has it. */
  function record(fact: FetchFact): void {
    spool.append(spoolLine('fetches', fact, since));
    outbox.add(fact);
  }

  async function listen({ host, httpPort, tftpPort, httpsPort, answerPorts }: Places): Promise<void> {
    servers = createServers({
      ...{ host, httpPort, tftpPort, httpsPort, lookup, gate, log, reusePort: true },
      record,
      identify: (userAgent) => identify(userAgent, settings.vendors),
      pass: passTo(data.pages),
      handOver: (path, method) => isForPeople(path) || (isUpload(method) && uploads.isOn()),
      tftp: { limits: shareOf(defaultLimits, data.workers), answerPorts, batched: data.batchedUdp },
    });
    try {
      post({ kind: 'listening', listening: await servers.start(approach) });
    } catch (error) {
      servers = undefined;
      post({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  }

  async function stop(): Promise<void> {
    await servers?.stop();
    outbox.flush();
    misses.close();
    spool.close();
    done();
  }

  return (message) => {
    switch (message.kind) {
      case 'settings':
        settings = message.settings;
        taken = openUploadRules(message.settings.uploads);
        break;
      case 'index':
        index.use(message.packed);
        version = message.version;
        since = Date.now();
        break;
      case 'changes':
        index.change(message.changes);
        version = message.version;
        since = Date.now();
        break;
      case 'rules':
        gate?.use(message.rules);
        break;
      case 'news':
        gate?.hear(message.news);
        break;
      case 'echo':
        void changing.then(() => post(message));
        break;
      case 'approach':
        approach = message.approach;
        changing = servers?.use(approach).catch((error: Error) => log.error(error.message)) ?? changing;
        break;
      case 'listen':
        void listen(message.places);
        break;
      case 'taken':
        outbox.taken(message.facts);
        break;
      case 'stop':
        void stop();
    }
  };
}

function openGate(seed: NonNullable<WorkerData['gate']>, index: FileIndex, tell: (news: GateNews) => void): KeptGate {
  const gate = createGate(seed.rules, {
    ...{ spent: seed.spent, nonceKey: Buffer.from(seed.nonceKey), tell },
    ownerOf: (name) => ownerOf(index.get(name)),
  });
  for (const blocked of seed.blocked) gate.hear({ blocked });
  return gate;
}

/** One thread takes them all, so that no two write to the files of one phone. */
const isUpload = (method: string): boolean => method === 'PUT' || method === 'POST';

const ownerOf = (file: IndexedFile | undefined): Mac | undefined =>
  file && 'mac' in file.audience ? file.audience.mac : undefined;

/** The kernel deals phones out evenly, but not exactly so: each worker gets its share and a quarter of it. */
function shareOf(limits: Limits, workers: number): Limits {
  const share = (limit: number) => Math.ceil(Math.min(limit, (limit * 1.25) / workers));
  const { transfers, perAddress, memory } = limits;
  return { ...limits, transfers: share(transfers), perAddress: share(perAddress), memory: share(memory) };
}

function logTo(post: (message: FromWorker) => void): Log {
  const at = (level: 'info' | 'warn' | 'error') => (message: string, fields?: Parameters<Log['info']>[1]) =>
    post({ kind: 'log', level, message, fields });
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

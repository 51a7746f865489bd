import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Mac } from '../../model/mac.ts';
import { spoolFolder } from '../../spool.ts';
import type { Thread } from '../../thread.ts';
import type { GateNews } from '../access/gate.ts';
import { type PackedRules, packRules } from '../access/packed-rules.ts';
import type { AccessRules } from '../access/rules.ts';
import type { IndexedFile } from '../file-index.ts';
import { type Approach, noApproach } from '../https.ts';
import type { Listening, Listenings } from '../servers.ts';
import { demandFreePort, demandFreePorts, portOf } from './free-ports.ts';
import { createIndexFeed } from './index-feed.ts';
import type { FromWorker, GateSeed, IndexChanges, Places, Tidings, ToWorker } from './messages.ts';
import { openMisses } from './misses.ts';
import { type PackedFacts, unpackFacts } from './packed-facts.ts';
import { createPool, type PoolTiming } from './pool.ts';
import { createRevisions } from './revisions.ts';
import { packSettings, type Settings } from './settings.ts';

export interface WorkersOptions {
  /** How many; one more stands in reserve. */
  readonly count: number;
  /** The folder that is served, absolute. */
  readonly out: string;
  readonly sealed?: boolean;
  readonly batchedUdp?: boolean;
  /** The state folder, absolute: what phones send is in it. */
  readonly state: string;
  /** Path of the socket of the server that has the pages. */
  readonly pages: string;
  /** The revision that a device is meant to have now. */
  readonly revisionOf: (device: Mac) => string | undefined;
  /** Gets each fact once, in batches. */
  readonly record: (facts: readonly FetchFact[]) => void;
  /** What the gate of a new worker begins with. */
  readonly gate?: () => GateSeed;
  /** What a worker's gate has found out; the others are told already. */
  readonly found?: (news: GateNews) => void;
  readonly log: Log;
  readonly timing?: PoolTiming;
}

/** Threads that answer phones, each on the same ports, while this one builds, watches and writes down. */
export interface Workers {
  /** Rejects with a sentence when a port cannot be had. */
  start(places: Places, approach?: Approach): Promise<Listenings>;
  /**
   * From here on they answer from this index; what changed in it since the last time, if it is known. Resolves when they
   * do; the index must not change until then.
   */
  update(index: ReadonlyMap<string, IndexedFile>, changes?: IndexChanges): Promise<void>;
  /** Resolves when they are told. */
  configure(settings: Settings): Promise<void>;
  /** Where HTTPS is served then, if it is. Rejects with a sentence when its port cannot be had, and then all is as before. */
  use(approach: Approach): Promise<Listening | undefined>;
  /** For the gates. Resolves when they know. */
  tell(tidings: Tidings): Promise<void>;
  /** Lets answers and transfers under way finish, and records what came of them. */
  stop(): Promise<void>;
  /** Those that serve, for tests. */
  threads(): readonly Thread[];
}

export function createWorkers(options: WorkersOptions): Workers {
  const { count, out, sealed = false, batchedUdp = false, state, pages, gate, log, timing } = options;
  const feed = createIndexFeed();
  const revisions = createRevisions(options.revisionOf);
  let settings: ToWorker | undefined;
  let approach: Approach = noApproach;
  /** Of the gates; one that begins has those of the last build, and hears of what is being packed. */
  let rules: PackedRules | undefined;
  let packing = Promise.resolve();
  let place = { host: '', httpsPort: 0 };
  const sayLost = countingLost(log);
  const channel = `offhook misses ${randomUUID()}`;
  const misses = openMisses(channel, (missed) => options.found?.({ missed }));
  const pool = createPool({
    workers: count,
    data: () => ({
      ...{ out, sealed, batchedUdp, workers: count, pages, uploads: join(state, 'uploads') },
      spool: spoolFolder(state),
      ...{ misses: channel, gate: gate && rules && { ...gate(), rules } },
    }),
    greeting: () => [...(settings ? [settings] : []), { kind: 'approach', approach }, ...feed.greeting()],
    receive,
    log,
    timing,
  });

  /** One after the other, so that the last ones told are those that hold. */
  function tellRules(next: AccessRules): Promise<void> {
    packing = packing
      .catch(() => {})
      .then(async () => {
        rules = await packRules(next);
        pool.broadcast({ kind: 'rules', rules });
      });
    return packing;
  }

  function receive(message: FromWorker, answer: (message: ToWorker) => void): void {
    if (message.kind === 'facts') take(message.facts, answer);
    else if (message.kind === 'log') log[message.level](message.message, message.fields);
    else if (message.kind === 'news') {
      pool.broadcast({ kind: 'news', news: message.news });
      options.found?.(message.news);
    }
  }

  function take(packed: PackedFacts, answer: (message: ToWorker) => void): void {
    const facts = unpackFacts(packed).map((fact) => ({ ...fact, revision: revisionOf(fact) }));
    sayLost(packed.lost);
    options.record(facts);
    answer({ kind: 'taken', facts: packed.count });
  }

  const revisionOf = ({ device, revision }: FetchFact): string | undefined =>
    device === undefined || revision === undefined ? undefined : revisions.of(device, Number(revision));

  return {
    async start(wanted, first = noApproach) {
      // One and the same for all of them, whenever HTTPS begins.
      const places = { ...wanted, httpsPort: await portOf(wanted.host, wanted.httpsPort ?? 0) };
      place = places;
      approach = first;
      const { length } = places.answerPorts;
      // A port is one worker's: the kernel would deal out the packets of one transfer to all who share it.
      if (length > 0 && length < count)
        throw new Error(
          `TFTP has ${length} ports to answer from and ${count} workers; wanted at least one port for each`,
        );
      if (gate) await tellRules(gate().rules);
      await demandFreePorts({ ...places, httpsPort: first.tls ? places.httpsPort : 0 });
      return pool.start(places);
    },
    async stop() {
      await pool.stop();
      misses.close();
    },
    threads: pool.threads,
    async tell(tidings) {
      if ('missed' in tidings) {
        misses.tell(tidings.missed);
        return;
      }
      if (!('rules' in tidings)) pool.broadcast({ kind: 'news', news: tidings });
      else await tellRules(tidings.rules);
      await pool.heard();
    },
    async configure(next) {
      settings = { kind: 'settings', settings: await packSettings(next) };
      pool.broadcast(settings);
    },
    async use(next) {
      if (next.tls && !approach.tls) await demandFreePort(place.host, place.httpsPort);
      approach = next;
      pool.broadcast({ kind: 'approach', approach });
      await pool.heard();
      return next.tls && { address: place.host, port: place.httpsPort };
    },
    async update(index, changes) {
      const message = await feed.update(index, changes);
      // Before they hear of it: what they send from then on is of this version.
      revisions.changed(feed.version, changes);
      pool.broadcast(message);
      await pool.heard();
    },
  };
}

/** One line a minute at most. */
function countingLost(log: Log): (lost: number) => void {
  let total = 0;
  let said = Number.NEGATIVE_INFINITY;
  return (lost) => {
    total += lost;
    if (total === 0 || performance.now() - said < 60_000) return;
    said = performance.now();
    log.warn('fetches were not written down: this thread could not follow the workers', { facts: total });
    total = 0;
  };
}

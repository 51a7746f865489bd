import { createHash } from 'node:crypto';
import type { Log } from './log.ts';
import { type LdapSource, ldapDefaults } from './model/people-source.ts';
import type { Sources } from './model/sources.ts';
import type { SyncFact } from './model/sync-fact.ts';
import { intoOf, keptMemory, ldapSources, type Synced, syncDirectory } from './sync-directory.ts';

export interface SyncingOptions {
  /** Folders, absolute. */
  readonly dir: string;
  readonly state: string;
  readonly log: Log;
  readonly record: (fact: SyncFact) => void;
  readonly timing?: SyncTiming;
  readonly ask?: typeof syncDirectory;
}

/** Milliseconds: between two questions, when it is not what a directory's `interval` says; and after the first failure. */
export interface SyncTiming {
  readonly interval?: number;
  readonly pause?: number;
}

/** Asks the directories of a project, each as often as it says; the watcher finds what that writes. */
export interface Syncing {
  /** The project was read: its directories may be others now. The first time each is asked at once. */
  use(sources: Pick<Sources, 'files' | 'secret'>): void;
  /** Resolves when nobody is asked any more. */
  stop(): Promise<void>;
}

interface Clock {
  readonly key: string;
  stop(): Promise<void>;
}

export function createSyncing(options: SyncingOptions): Syncing {
  const clocks = new Map<string, Clock>();
  let isStopped = false;
  return {
    use({ files, secret }) {
      if (isStopped) return;
      const wanted = new Map(ldapSources({ files }).map((source) => [intoOf(source), source]));
      for (const [into, { key, stop }] of clocks) {
        const source = wanted.get(into);
        if (source && keyOf(source) === key) continue;
        void stop();
        clocks.delete(into);
      }
      for (const [into, source] of wanted)
        if (!clocks.has(into)) clocks.set(into, startClock(source, { ...options, secret }));
    },
    async stop() {
      isStopped = true;
      await Promise.all([...clocks.values()].map(({ stop }) => stop()));
    },
  };
}

const keyOf = (source: LdapSource): string => createHash('sha256').update(JSON.stringify(source)).digest('hex');

/** After so many failures in a row the pause grows no more. */
const most = 6;

function startClock(source: LdapSource, options: SyncingOptions & Pick<Sources, 'secret'>): Clock {
  const { dir, state, log, record, secret, timing = {}, ask = syncDirectory } = options;
  const into = intoOf(source);
  const { interval = (source.interval ?? ldapDefaults.interval) * 60_000, pause = 5000 } = timing;
  const memory = keptMemory(state, source);
  const say = createSayings(log, into);
  const stopped = new AbortController();
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let running = round();

  async function round(): Promise<void> {
    try {
      const synced = await ask({ source, dir, secret, memory, signal: stopped.signal });
      failures = 0;
      record({ at: synced.at, into, result: resultOf(synced), people: synced.people });
      say.answered(synced);
    } catch (error) {
      if (stopped.signal.aborted) return;
      failures += 1;
      record({ at: Date.now(), into, result: 'failed' });
      say.failed(error as Error, memory.cursor()?.at);
    }
    if (!stopped.signal.aborted) timer = setTimeout(again, wait()).unref();
  }

  function again(): void {
    running = round();
  }

  /** Who is away is asked sooner at first; and never all at the same moment. */
  function wait(): number {
    const soon = failures === 0 ? interval : Math.min(interval, pause * 2 ** Math.min(failures - 1, most));
    return soon * (0.9 + Math.random() * 0.2);
  }

  return {
    key: keyOf(source),
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

const resultOf = ({ refusal, written }: Synced): SyncFact['result'] =>
  refusal !== undefined ? 'refused' : written ? 'written' : 'unchanged';

/** One line when something is other than before, and not one each time. */
function createSayings(log: Log, into: string) {
  let failure: string | undefined;
  let refusal: string | undefined;
  const noted = new Set<string>();
  return {
    answered({ server, written, difference, notes, ...synced }: Synced): void {
      if (failure !== undefined) log.info('the directory answers again', { into, server });
      failure = undefined;
      for (const note of notes) if (!noted.has(note)) log.warn(`directory: ${note}`, { into });
      if (noted.size > 1000) noted.clear();
      for (const note of notes) noted.add(note);
      if (synced.refusal !== undefined && synced.refusal !== refusal)
        log.error('sync refused: too many people would go; `offhook sync --accept` lets it through', {
          into,
          reason: synced.refusal,
        });
      refusal = synced.refusal;
      if (!written) return;
      const { renamed, changed, renumbered, added, gone } = difference;
      const counts = { renamed: renamed.length, changed: changed.length, renumbered: renumbered.length };
      log.info('people of the directory changed', { into, server, ...counts, new: added.length, gone: gone.length });
    },
    failed({ message }: Error, since: number | undefined): void {
      if (message === failure) return;
      const answered = since === undefined ? 'never' : new Date(since).toISOString();
      log.warn('no answer from the directory; the last one stands', { into, reason: message, answered });
      failure = message;
    },
  };
}

import { statSync } from 'node:fs';
import type { BuildResult } from './build.ts';
import type { Log } from './log.ts';
import { formatPlace, isFatal, type ProblemCode } from './problem.ts';
import { headFiles, headOf, isClean } from './source/git.ts';
import { addBuilt, type Built } from './state/built.ts';

export interface CommittingOptions {
  /** Folders, absolute. */
  readonly dir: string;
  readonly out: string;
  readonly state: string;
  readonly log: Log;
}

/** The commit that a build is of; undefined when it is of none. Never rejects. */
export type CommitOf = () => Promise<string | undefined>;

/** What is known of a build when it has ended. */
export interface Ended extends Pick<Built, 'at' | 'pins'> {
  readonly commitOf: CommitOf;
  /** Resolves when all that it means for devices is written down. */
  readonly written: Promise<unknown>;
}

/** Knows which commit of the project was built, and writes it down for who waits for one. */
export interface Committing {
  /** Before the project is read. */
  begin(): CommitOf;
  /** After a build. */
  end(result: BuildResult, build: Ended): void;
  /** HEAD moved: the same files may be another commit now. */
  watch(moved: () => void, everyMs?: number): void;
  stop(): Promise<void>;
}

export function createCommitting({ dir, out, state, log }: CommittingOptions): Committing {
  const underWay = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let failure = '';
  let isStopped = false;

  /** The commit that was built: that of before and after, when nothing differs from it. */
  async function commitSince(before: Promise<string | undefined>): Promise<string | undefined> {
    const commit = await before;
    if (commit === undefined || !(await isClean(dir, [out, state]))) return undefined;
    return (await headOf(dir)) === commit ? commit : undefined;
  }

  function write(result: BuildResult, { at, pins }: Ended, commit: string | undefined): void {
    const reason = result.accepted ? undefined : faultOf(result);
    try {
      addBuilt(state, { at, accepted: result.accepted, commit, reason, pins });
    } catch (error) {
      if (String(error) !== failure)
        log.warn('which commit was built cannot be written down', { reason: String(error) });
      failure = String(error);
    }
  }

  return {
    begin() {
      const head = headOf(dir);
      let commit: Promise<string | undefined> | undefined;
      return () => {
        commit ??= commitSince(head);
        return commit;
      };
    },
    end(result, ended) {
      // One that the disk kept from being is tried again: nothing is said of it yet.
      if (!result.accepted && result.problems.some(({ code }) => passing.has(code))) return;
      const work = Promise.all([ended.commitOf(), ended.written]).then(([commit]) => write(result, ended, commit));
      const followed = work.finally(() => underWay.delete(followed));
      underWay.add(followed);
    },
    watch(moved, everyMs = 1000) {
      void headFiles(dir).then((files) => {
        if (files.length === 0 || isStopped) return;
        let last = timesOf(files);
        timer = setInterval(() => {
          const now = timesOf(files);
          if (now !== last) moved();
          last = now;
        }, everyMs).unref();
      });
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

const passing: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['out-folder', 'unreadable-file']);

function faultOf({ problems }: BuildResult): string {
  const faults = problems.filter(isFatal);
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return first ? `${formatPlace(first)} ${first.message}${more}` : 'it has faults';
}

const timesOf = (files: readonly string[]): string =>
  files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? '').join(' ');

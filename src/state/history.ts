import type { FetchFact, NotifyFact, ReturnFact, RevisionFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import { nameInNeeds, needsIn } from '../model/needs.ts';
import { isTaken } from './judge.ts';
import { isWhole } from './standing.ts';

/** A revision of a device. Times are milliseconds since 1970. */
export interface PastRevision {
  /** Absent: the device was in devices.yml no more. */
  readonly revision?: string;
  /** When the build began; 0 when its bytes are older than the journal. */
  readonly built: number;
  readonly commit?: string;
  /** The first NOTIFY that was answered 2xx, or that a PBX took. */
  readonly notified?: number;
  /** When the last of the files that it needs was first fetched. */
  readonly fetched?: number;
  /** When it first registered with a PBX after that. */
  readonly registered?: number;
}

export interface PastFacts {
  readonly revisions: readonly RevisionFact[];
  readonly fetches: readonly FetchFact[];
  readonly notifies: readonly NotifyFact[];
  readonly returns?: readonly ReturnFact[];
}

/** The revisions of one device, oldest first, from its facts in any order. */
export function historyOf(mac: Mac, { revisions, fetches, notifies, returns = [] }: PastFacts): PastRevision[] {
  const builds: RevisionFact[] = [];
  for (const fact of revisions.toSorted((one, other) => one.at - other.at)) {
    const last = builds.at(-1);
    // The same bytes, of which other files count since then, or whose commit was known later.
    if (last && last.revision === fact.revision)
      builds.splice(-1, 1, { ...last, git_commit: last.git_commit ?? fact.git_commit });
    else builds.push(fact);
  }
  return builds.map(({ at, revision, files, git_commit }, index) => {
    const until = builds[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const isIts = (fact: { readonly at: number }) => fact.at >= at && fact.at < until;
    const whole = fetches.filter((fact) => isIts(fact) && fact.revision === revision && isWhole(fact));
    return {
      revision,
      built: at,
      commit: git_commit,
      notified: revision === undefined ? undefined : firstOf(notifies.filter((fact) => isIts(fact) && isTaken(fact))),
      fetched: revision === undefined ? undefined : completeAt(mac, { files, whole }),
      registered: firstOf(returns.filter((fact) => isIts(fact) && fact.revision === revision)),
    };
  });
}

const firstOf = (facts: readonly { readonly at: number }[]): number | undefined =>
  facts.length === 0 ? undefined : Math.min(...facts.map(({ at }) => at));

function completeAt(mac: Mac, { files, whole }: { files: string | undefined; whole: readonly FetchFact[] }) {
  const firsts = needsIn(files).map((names) =>
    firstOf(whole.filter(({ file }) => file !== undefined && names.includes(nameInNeeds(file, mac)))),
  );
  const had = firsts.filter((at) => at !== undefined);
  return had.length > 0 && had.length === firsts.length ? Math.max(...had) : undefined;
}

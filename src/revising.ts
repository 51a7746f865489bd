import { createBreathe } from './breath.ts';
import type { Accepted } from './build.ts';
import type { Device } from './model/device.ts';
import type { RevisionFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import { needsOf, needsText } from './model/needs.ts';
import type { Site } from './model/site.ts';
import type { Convergence } from './state/convergence.ts';

export interface RevisingOptions {
  readonly convergence: Convergence;
  /** What devices are meant to have now, and whether that is what they are pinned to. */
  readonly current: { revision(mac: Mac): string | undefined; isPinned(mac: Mac): boolean };
  /** Writes down; never rejects. */
  readonly record: (facts: readonly RevisionFact[]) => Promise<void>;
}

export interface Revising {
  /**
   * After an accepted build, before the next: says of each device whose revision is another one what it is meant to have.
   * @param at when the build began
   * @param commitOf what the project was built from, asked only if there is something to say
   */
  use(
    build: Pick<Accepted, 'site' | 'touched'>,
    options: { readonly at: number; readonly commitOf: () => Promise<string | undefined> },
  ): Promise<void>;
  /** Resolves when all is written, or the disk does not take it. */
  written(): Promise<void>;
}

/** Keeps the journal told of what each device is meant to have since when. A restart tells nothing twice. */
export function createRevising({ convergence, current, record }: RevisingOptions): Revising {
  const writing = new Set<Promise<unknown>>();
  /** What was built before it was committed, or before HEAD had moved: a later build may say of which commit it is. */
  const ofNoCommit = new Map<Mac, RevisionFact>();
  /** What the devices of each model need, as it was when every device was looked at. */
  let lookedAt = '';
  let devices: ReadonlySet<Mac> | undefined;

  /** Undefined when what was known of it still holds. */
  function factOf(mac: Mac, { at, files, isTouched }: { at: number; files: string; isTouched: boolean }) {
    const revision = current.revision(mac);
    const known = convergence.wanted(mac);
    // The secrets of today in the files of an earlier revision: other bytes, by the same name.
    if (revision !== undefined && isTouched && current.isPinned(mac)) return { at, device: mac, revision, files };
    if (revision === undefined || (known?.revision === revision && known.files === files)) return undefined;
    // Other files count now for the same bytes: those that were fetched since then stay fetched.
    if (known?.revision === revision) return { ...known, at: known.at + 1, files };
    return { at: isTouched ? at : sinceOf(mac, { revision, at }), device: mac, revision, files };
  }

  /**
   * Bytes that this build has not changed, and a journal that knows nothing of them: a daemon that was killed, a build by
   * hand, or a new journal. When they were built is lost; whoever has fetched them since the last that is known has them,
   * and what it fetched before that was right then.
   */
  function sinceOf(mac: Mac, { revision, at }: { readonly revision: string; readonly at: number }): number {
    const known = convergence.wanted(mac);
    if (!known) return 0;
    const { fetched = 0, fetched_revision } = convergence.stateOf(mac, at) ?? {};
    return Math.max(known.at, fetched_revision === revision ? 0 : fetched) + 1;
  }

  function withoutCommit(facts: readonly RevisionFact[], at: number): readonly RevisionFact[] {
    for (const fact of facts) if (fact.at === at && fact.revision !== undefined) ofNoCommit.set(fact.device, fact);
    return facts;
  }

  /** Of what this build has made, and what those before it have and it has made again, as far as git says it. */
  function withCommit(
    git_commit: string,
    {
      facts,
      late,
      at,
    }: { readonly facts: readonly RevisionFact[]; readonly late: readonly RevisionFact[]; readonly at: number },
  ): readonly RevisionFact[] {
    ofNoCommit.clear();
    const isOf = (fact: RevisionFact) => !current.isPinned(fact.device);
    const fresh = facts.map((fact) => (fact.at === at && isOf(fact) ? { ...fact, git_commit } : fact));
    const known = new Set(facts.map(({ device }) => device));
    return [
      ...fresh,
      ...late.filter((fact) => isOf(fact) && !known.has(fact.device)).map((fact) => ({ ...fact, git_commit })),
    ];
  }

  function goneFrom(site: Site): Mac[] {
    const there = devices;
    if (there && there.size === site.devices.length && site.devices.every(({ mac }) => there.has(mac))) return [];
    devices = new Set(site.devices.map(({ mac }) => mac));
    return convergence.devices().filter((mac) => !devices?.has(mac));
  }

  return {
    async use({ site, touched }, { at, commitOf }) {
      const needs = needsOfModels(site);
      const text = JSON.stringify([...needs]);
      const isTouched = new Set(touched.map(({ device }) => device.mac));
      const some: readonly Device[] = text === lookedAt ? touched.map(({ device }) => device) : site.devices;
      lookedAt = text;
      const facts: RevisionFact[] = goneFrom(site).map((device) => ({ at, device }));
      const breathe = createBreathe();
      for (const { mac, vendor, model } of some) {
        const files = needs.get(`${vendor}/${model}`) ?? '';
        const fact = factOf(mac, { at, files, isTouched: isTouched.has(mac) });
        if (fact) facts.push(fact);
        // An `await` for each of them would cost more than the work.
        const pause = breathe();
        if (pause) await pause;
      }
      const late = [...ofNoCommit.values()].filter((fact) => current.revision(fact.device) === fact.revision);
      if (facts.length === 0 && late.length === 0) return;
      convergence.add.revisions(facts);
      const written = commitOf()
        .then((commit) =>
          record(commit === undefined ? withoutCommit(facts, at) : withCommit(commit, { facts, late, at })),
        )
        .finally(() => writing.delete(written));
      writing.add(written);
    },
    async written() {
      await Promise.all(writing);
    },
  };
}

function needsOfModels(site: Site): Map<string, string> {
  const needs = new Map<string, string>();
  for (const { vendor, model } of site.kinds ?? site.devices) {
    const kind = `${vendor}/${model}`;
    const found = needs.has(kind) ? undefined : site.vendors.get(vendor)?.models.get(model);
    if (found) needs.set(kind, needsText(needsOf(found)));
  }
  return needs;
}

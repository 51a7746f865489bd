import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BuildResult } from '../build.ts';
import { defaultEdits } from '../model/api.ts';
import { type DeviceEdited, type EditRequest, isRefused } from '../model/edit.ts';
import { type Entry, entriesByMac } from '../model/explain.ts';
import type { NotifyFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { Sources } from '../model/sources.ts';
import type { ProjectOptions } from '../source/project.ts';
import { stampOf } from '../source/stamp.ts';
import type { Current } from '../state/current.ts';
import { createEditing } from './editing.ts';
import { tagOf } from './keep.ts';
import { createOutcomes, type OutcomesOptions } from './outcome.ts';
import { createPlanning, type FormatPlan } from './planning.ts';

export interface DeviceEditsOptions extends OutcomesOptions {
  readonly project: ProjectOptions;
  readonly out: string;
  readonly state: string;
  readonly current: Current;
  /** How a plan is shown; absent: there are no plans. */
  readonly formatPlan?: FormatPlan;
  /** Milliseconds that an answer waits for the phone; 5,000 when not given. */
  readonly patience?: number;
}

/** Devices as the API changes them: the file, the build, and the phone. */
export function createDeviceEdits({
  project,
  out,
  state,
  current,
  formatPlan,
  patience = 5000,
  ...options
}: DeviceEditsOptions) {
  const settings = () => current.build()?.site.api?.edits ?? defaultEdits;
  const editing = createEditing({ project, settings });
  const outcomes = createOutcomes({ current, ...options });
  const planning = formatPlan && createPlanning({ project, out, state, format: formatPlan });
  const tags = new Map<string, { readonly stamp: string | undefined; readonly tag: string }>();
  let latest: { readonly sources: Pick<Sources, 'files'>; entries?: ReadonlyMap<Mac, Entry> } | undefined;

  function entryOf(mac: Mac): Entry | undefined {
    if (latest) latest.entries ??= entriesByMac(latest.sources as Sources);
    return latest?.entries?.get(mac);
  }

  /** Of a file that nobody has written to it is known. */
  function tagOfFile(file: string): string | undefined {
    const path = resolve(project.dir, file);
    const stamp = stampOf(path);
    const known = tags.get(file);
    if (known && stamp !== undefined && known.stamp === stamp) return known.tag;
    try {
      const tag = tagOf(readFileSync(path));
      tags.set(file, { stamp, tag });
      return tag;
    } catch {
      return undefined;
    }
  }

  /** Changes a device and waits, for as long as somebody who asked will, for what becomes of its phone. */
  async function editDevice(request: EditRequest): Promise<DeviceEdited> {
    const { mac } = request.edit;
    const before = entryOf(mac)?.raw;
    const watching = outcomes.watch(mac);
    try {
      const answer = await editing.edit(request);
      if (isRefused(answer)) return answer;
      if (answer.done !== 'branch') return { ...answer, before, news: await watching.news(patience) };
      const message = `nothing is changed here before the branch ${answer.branch} is merged`;
      return { ...answer, before, news: { phone: 'untold', message } };
    } finally {
      watching.end();
    }
  }

  /** The ETag of a device is that of the file in which it stands; undefined where it stands in none. */
  function fileTag(mac: Mac): string | undefined {
    const file = entryOf(mac)?.file.path;
    return file === undefined ? undefined : tagOfFile(file);
  }

  return {
    /** What routes of the API are handed. */
    offered: { editDevice, fileTag, editSettings: settings, plan: planning?.plan },
    /** Nothing is built of what git has not taken yet. */
    settled: editing.settled,
    /** Hears of each load. */
    loaded({ sources }: { readonly sources: Pick<Sources, 'files'> }): void {
      latest = { sources };
      const paths = new Set(sources.files.map(({ path }) => path));
      for (const path of tags.keys()) if (!paths.has(path)) tags.delete(path);
    },
    built: (result: BuildResult): void => outcomes.built(result),
    notified: (fact: NotifyFact): void => outcomes.notified(fact),
  };
}

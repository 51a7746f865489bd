import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createLoader, type Loaded } from '../load.ts';
import type { NotEdited, WantedEdit } from '../model/edit.ts';
import { type Entry, entriesByMac } from '../model/explain.ts';
import type { Mac } from '../model/mac.ts';
import { type Before, beforeInFolder, type Preview, preview } from '../preview.ts';
import { isFatal } from '../problem.ts';
import type { ProjectOptions } from '../source/project.ts';
import { readWritten } from '../state/written.ts';
import { faulty, textOfEdit } from './texts.ts';

/** What a plan is written from. */
export interface PlanView extends Preview {
  readonly after: Loaded;
  readonly before: Before;
  readonly entries: ReadonlyMap<Mac, Entry>;
}

export type PlanFormat = 'text' | 'json' | 'markdown';
export type FormatPlan = (view: PlanView, format: PlanFormat) => string;

/** What somebody would change: whole files by their path, and devices. */
export interface PlanRequest {
  readonly texts?: ReadonlyMap<string, string>;
  readonly edits?: readonly WantedEdit[];
  readonly new_devices?: string;
}

export interface PlanningOptions {
  readonly project: ProjectOptions;
  readonly out: string;
  readonly state: string;
  readonly format: FormatPlan;
}

/** What a build would change in out/, if files said something else: as `offhook plan` shows it. Nothing is written. */
export interface Planning {
  plan(request: PlanRequest, format: PlanFormat): Promise<{ readonly text: string } | NotEdited>;
}

/** One at a time: each renders the whole fleet. */
export function createPlanning({ project, out, state, format }: PlanningOptions): Planning {
  let queue: Promise<unknown> = Promise.resolve();

  async function run({ texts = new Map(), edits = [], new_devices }: PlanRequest, form: PlanFormat) {
    const said = new Map(texts);
    const loader = createLoader({ ...project, texts: said });
    for (const edit of edits) {
      const { sources } = await loader.load();
      const read = (file: string) => Buffer.from(said.get(file) ?? readFileSync(resolve(project.dir, file)));
      const made = textOfEdit(sources, { edit, new_devices, read });
      if ('refused' in made) return made;
      said.set(made.file, made.after.toString('utf8'));
    }
    const after = await loader.load();
    const stranger = [...texts.keys()].find((path) => !after.sources.files.some((file) => file.path === path));
    if (stranger !== undefined) return notAFile(stranger);
    if (after.problems.some(isFatal)) return faulty(after.problems.filter(isFatal));
    const { files, device, close } = readWritten({ folder: state, out });
    try {
      const before = { ...beforeInFolder(out, files), device };
      const result = await preview(after, before);
      if (result.problems.some(isFatal)) return faulty(result.problems.filter(isFatal));
      return { text: format({ ...result, after, before, entries: entriesByMac(after.sources) }, form) };
    } finally {
      close();
    }
  }

  return {
    plan(request, form) {
      const answer = queue.then(() => run(request, form));
      queue = answer.catch(() => undefined);
      return answer;
    },
  };
}

const notAFile = (path: string): NotEdited => ({
  refused: 'missing',
  message: `${JSON.stringify(path)} is no file of the project: devices.yml, or one that it includes`,
});

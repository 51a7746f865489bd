import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLoader, type Loaded } from '../load.ts';
import { entriesByMac } from '../model/explain.ts';
import type { Mac } from '../model/mac.ts';
import { type Before, beforeInFolder, beforeInProject, nothingBefore, preview, withoutOwnFilesOf } from '../preview.ts';
import { isFatal } from '../problem.ts';
import { checkOut } from '../source/git.ts';
import { mainFile } from '../source/project.ts';
import { type Pin, readPins } from '../state/pins.ts';
import { readWritten } from '../state/written.ts';
import { painted } from './colors.ts';
import type { Console, Place } from './command.ts';
import { formatPlan, type PlanFormat } from './format-plan.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';

export interface PlanArguments extends Place {
  readonly format: PlanFormat;
  readonly against?: string;
  readonly withoutSecrets: boolean;
}

/** What a build would change. 0: nothing; 2: something; 1: the project has faults. */
export async function plan(args: PlanArguments, console: Console): Promise<number> {
  const { dir, shipped, ageIdentity, format, withoutSecrets } = args;
  demandProject({ dir }, { withFile: true });
  const secrets = { placeholders: withoutSecrets };
  const after = await createLoader({ dir, shipped, ageIdentity, secrets }).load();
  if (after.problems.some(isFatal)) return faulty(after, console);
  const { before, close } = await openBefore(args, console);
  try {
    const pinned = pinnedIn(after, args);
    const result = withoutOwnFilesOf(pinned, await preview(after, before));
    if (result.problems.some(isFatal)) return faulty({ ...after, problems: result.problems }, console);
    const text = formatPlan({ ...result, after, before, entries: entriesByMac(after.sources) }, format);
    console.out(format === 'text' ? painted(text, 'diff', console.isColored) : text);
    if (pinned.size > 0)
      console.err(
        `${pinned.size} of the devices ${pinned.size === 1 ? 'is' : 'are'} pinned to an earlier revision, and ${pinned.size === 1 ? 'keeps' : 'keep'} its files: offhook status\n`,
      );
    return result.changes.length > 0 ? 2 : 0;
  } finally {
    await close();
  }
}

/** Devices of the site that somebody has pinned: what git says of them is not what a build here gives them. */
function pinnedIn({ site }: Loaded, { against, state }: PlanArguments): ReadonlySet<Mac> {
  const pins = against === undefined ? readPins({ folder: state }) : new Map<Mac, Pin>();
  return new Set(site.devices.flatMap(({ mac }) => (pins.get(mac)?.cause === 'person' ? [mac] : [])));
}

function faulty({ problems }: Pick<Loaded, 'problems'>, console: Console): number {
  console.err(formatProblems(problems, 'text'));
  console.err(`${countProblems(problems)}: there is no plan for a project with faults\n`);
  return 1;
}

interface Opened {
  readonly before: Before;
  close(): Promise<void>;
}

const nothingToClose = async () => {};

/** The side to hold it against: out/, another folder (a project or an out/), or a commit of the repository. */
async function openBefore(args: PlanArguments, console: Console): Promise<Opened> {
  const { dir, against, out, state } = args;
  if (against === undefined) return openFolder(state, out);
  const folder = resolve(against);
  if (existsSync(join(folder, mainFile)))
    return {
      before: await openProject({ tree: folder, name: folder, secrets: folder }, args, console),
      close: nothingToClose,
    };
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return openFolder(state, folder);
  const { dir: tree, remove } = await checkOut(dir, against);
  try {
    // Files with secrets are not in git: they are read where the project is worked on.
    return { before: await openProject({ tree, name: against, secrets: dir }, args, console), close: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function openFolder(state: string, out: string): Opened {
  const { files, device, close } = readWritten({ folder: state, out });
  return { before: { ...beforeInFolder(out, files), device }, close: async () => close() };
}

interface Other {
  readonly tree: string;
  /** As people call it. */
  readonly name: string;
  /** Where files with secrets are looked up. */
  readonly secrets: string;
}

async function openProject(
  { tree, name, secrets }: Other,
  { shipped, ageIdentity, withoutSecrets }: PlanArguments,
  console: Console,
): Promise<Before> {
  if (!existsSync(join(tree, mainFile))) {
    console.err(`${name} has no ${mainFile} here: everything is new\n`);
    return nothingBefore;
  }
  const options = { dir: secrets, placeholders: withoutSecrets };
  const loaded = await createLoader({ dir: tree, shipped, ageIdentity, secrets: options }).load();
  const faults = loaded.problems.filter(isFatal);
  if (faults.length > 0)
    console.err(
      `${name}, which this is held against, has ${countProblems(faults)}; only what it can render counts:\n${formatProblems(faults, 'text')}`,
    );
  return beforeInProject(loaded);
}

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createLoader, type Loaded } from '../load.ts';
import { entriesByMac } from '../model/explain.ts';
import { type Before, beforeInFolder, beforeInProject, preview } from '../preview.ts';
import { isFatal } from '../problem.ts';
import { checkOut } from '../source/git.ts';
import { mainFile } from '../source/project.ts';
import { readWritten } from '../state/written.ts';
import type { Console, Place } from './command.ts';
import { formatPlan, type PlanFormat } from './format-plan.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { stateFolder } from './serve.ts';

export interface PlanArguments extends Place {
  readonly format: PlanFormat;
  readonly against?: string;
  readonly out?: string;
  readonly withoutSecrets: boolean;
}

/** What a build would change. 0: nothing; 2: something; 1: the project has faults. */
export async function plan(args: PlanArguments, console: Console): Promise<number> {
  const { dir, shipped, format, withoutSecrets } = args;
  const secrets = { placeholders: withoutSecrets };
  const after = await createLoader({ dir, shipped, secrets }).load();
  if (after.problems.some(isFatal)) return faulty(after, console);
  const { before, close } = await openBefore(args, console);
  try {
    const result = await preview(after, before);
    if (result.problems.some(isFatal)) return faulty({ ...after, problems: result.problems }, console);
    console.out(formatPlan({ ...result, after, before, entries: entriesByMac(after.sources) }, format));
    return result.changes.length > 0 ? 2 : 0;
  } finally {
    await close();
  }
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

/** The side to hold it against: out/, another folder (a project or an out/), or a commit of the repository. */
async function openBefore(args: PlanArguments, console: Console): Promise<Opened> {
  const { dir, against, out } = args;
  if (against === undefined) return openFolder(dir, resolve(out ?? join(dir, 'out')));
  const folder = resolve(against);
  if (existsSync(join(folder, mainFile))) return openProject(folder, args, console);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return openFolder(dir, folder);
  const { dir: tree, remove } = await checkOut(resolve(dir), against);
  const { before } = await openProject(tree, args, console).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { before, close: remove };
}

async function openFolder(dir: string, out: string): Promise<Opened> {
  const { files, device, close } = readWritten({ folder: stateFolder(dir), out });
  return { before: { ...beforeInFolder(out, files), device }, close: async () => close() };
}

/** Relative files with secrets are not in git: they are read where the project is worked on. */
async function openProject(
  tree: string,
  { dir, shipped, withoutSecrets }: PlanArguments,
  console: Console,
): Promise<Opened> {
  const loaded = await createLoader({ dir: tree, shipped, secrets: { dir, placeholders: withoutSecrets } }).load();
  if (loaded.problems.some(isFatal)) {
    console.err(formatProblems(loaded.problems.filter(isFatal), 'text'));
    console.err('the side that the plan is held against has faults; only what it can render counts\n');
  }
  return { before: await beforeInProject(loaded), close: async () => {} };
}

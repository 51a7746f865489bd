import { join, resolve } from 'node:path';
import { createBuild } from '../build.ts';
import { createLoader } from '../load.ts';
import { openOutFolder } from '../output/out-folder.ts';
import { openWritten } from '../state/written.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { createProgress } from './progress.ts';
import { stateFolder } from './serve.ts';

export interface BuildArguments extends Place {
  readonly out?: string;
}

/** Renders into out/. 0, or 1 with faults; then nothing was touched. */
export async function build(
  { dir, shipped, out = join(dir, 'out') }: BuildArguments,
  console: Console,
): Promise<number> {
  const progress = createProgress(console);
  const written = openWritten({ folder: stateFolder(dir), out: resolve(out), log: console.log });
  try {
    const folder = openOutFolder(resolve(out), [...written.readWritten().values()], written);
    const run = createBuild({
      loader: createLoader({ dir, shipped }),
      out: folder,
      memory: written,
      progress: progress.show,
    });
    const result = await run();
    progress.end();
    console.err(formatProblems(result.problems, 'text'));
    if (!result.accepted) console.err(`${countProblems(result.problems)}: ${out} is as it was\n`);
    else
      console.out(
        `${folder.index.size} files: ${result.changed} written, ${result.removed} removed; ${result.touched.length} devices change\n`,
      );
    return result.accepted ? 0 : 1;
  } finally {
    progress.end();
    written.close();
  }
}

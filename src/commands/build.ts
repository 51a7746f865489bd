import { createBuild } from '../build.ts';
import { createLoader } from '../load.ts';
import { openOutFolder } from '../output/out-folder.ts';
import { openWritten } from '../state/written.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';
import { createProgress } from './progress.ts';

/** Renders into out/. 0, or 1 with faults; then nothing was touched. */
export async function build(place: Place, console: Console): Promise<number> {
  demandProject(place, { withFile: true });
  const { out, state } = place;
  const progress = createProgress(console);
  const written = openWritten({ folder: state, out, log: console.log });
  try {
    const folder = openOutFolder(out, [...written.readWritten().values()], written);
    const run = createBuild({ loader: createLoader(place), out: folder, memory: written, progress: progress.show });
    const result = await run();
    progress.end();
    console.err(formatProblems(result.problems, 'text'));
    if (!result.accepted) console.err(`${countProblems(result.problems)}: ${out} is as it was\n`);
    else
      console.out(
        `${folder.index.size} files: ${result.changed} written, ${result.removed} removed; ${count(result.touched.length)}\n`,
      );
    return result.accepted ? 0 : 1;
  } finally {
    progress.end();
    written.close();
  }
}

const count = (devices: number): string => (devices === 1 ? '1 device changes' : `${devices} devices change`);

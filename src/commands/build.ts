import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createBuild, type DeviceMemory } from '../build.ts';
import { openEarlier } from '../earlier.ts';
import { createLoader } from '../load.ts';
import { manifestName } from '../model/manifest.ts';
import { writeManifest } from '../output/manifest.ts';
import { openOutFolder } from '../output/out-folder.ts';
import { createCurrent } from '../state/current.ts';
import { openWritten } from '../state/written.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';
import { createProgress } from './progress.ts';
import type { Wanted } from './signing.ts';

export interface BuildArguments extends Place {
  /** Undefined when no manifest is asked for. */
  readonly manifest?: Wanted;
}

/** Renders into out/. 0, or 1 with faults; then nothing was touched. */
export async function build({ manifest, ...place }: BuildArguments, console: Console): Promise<number> {
  demandProject(place, { withFile: true });
  const { out, state } = place;
  const progress = createProgress(console);
  const written = openWritten({ folder: state, out, log: console.log });
  const earlier = openEarlier({ folder: state, log: console.log });
  try {
    const folder = openOutFolder(out, [...written.readWritten().values()], written);
    const hadManifest = existsSync(join(out, manifestName));
    const run = createBuild({
      loader: createLoader(place),
      out: folder,
      memory: withoutNotifying(written),
      progress: progress.show,
      earlier,
    });
    const result = await run();
    progress.end();
    console.err(formatProblems(result.problems, 'text'));
    if (!result.accepted) {
      console.err(`${countProblems(result.problems)}: ${out} is as it was\n`);
      return 1;
    }
    console.out(
      `${folder.index.size} files: ${result.changed} written, ${result.removed} removed; ${count(result.touched.length)}\n`,
    );
    earlier.report(result);
    if (manifest) {
      const current = createCurrent();
      current.replace(result);
      const { prefixes } = result.site;
      await writeManifest({ out, files: folder.index.values(), revisionOf: current.revision, prefixes, ...manifest });
    } else if (hadManifest && !existsSync(join(out, manifestName)))
      console.err(`${manifestName} no longer held, and is gone; --manifest writes it anew\n`);
    return 0;
  } finally {
    progress.end();
    earlier.close();
    written.close();
  }
}

/** Nobody is told: that is the daemon's. */
const withoutNotifying = ({ putDevices, removeDevices }: DeviceMemory): DeviceMemory => ({ putDevices, removeDevices });

const count = (devices: number): string => (devices === 1 ? '1 device changes' : `${devices} devices change`);

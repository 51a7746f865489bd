import { createLoader } from '../load.ts';
import { formatMac } from '../model/mac.ts';
import { isFatal } from '../problem.ts';
import { type Step, stepsOf } from '../rollback/steps.ts';
import { createPins } from '../state/pins.ts';
import { painted } from './colors.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';
import { devicesOf } from './targets.ts';

export interface RollbackArguments extends Place {
  /** MAC, extension or group. */
  readonly target: string;
  /** The beginning of a revision, or `previous`; undefined to let go. */
  readonly to?: string;
  readonly dryRun: boolean;
  /** For whoever reads the status. */
  readonly reason?: string;
}

/**
 * Pins devices to a revision that they had, or lets them go, and says what that changes; a build obeys, of a daemon that
 * runs at once. 0; with `dryRun` 2 when something would change. 1 when the project has faults: then nobody is pinned.
 * @throws Error with a sentence when a device cannot have that revision; then nobody is pinned either
 */
export async function rollback(args: RollbackArguments, console: Console): Promise<number> {
  demandProject(args, { withFile: true });
  const { loaded, withSecrets } = await load(args);
  if (loaded.problems.some(isFatal)) {
    console.err(formatProblems(loaded.problems, 'text'));
    console.err(`${countProblems(loaded.problems)}: a device goes back with a build, and there is none with faults\n`);
    return 1;
  }
  const { site, rendering } = loaded;
  const steps = stepsOf(devicesOf(site, args.target), { ...args, rendering, withSecrets });
  for (const { device, sentence, changes } of steps) {
    console.out(`${formatMac(device.mac)}  ${sentence}\n`);
    for (const { diff } of changes) console.out(painted(diff, 'diff', console.isColored));
  }
  if (steps.length === 0)
    console.out(args.to === undefined ? 'nobody of them is pinned\n' : 'they have that already\n');
  if (args.dryRun) return steps.length > 0 ? 2 : 0;
  if (steps.length > 0) write(steps, args, console);
  return 0;
}

/** Without the secrets where they cannot be had here: the daemon has them. */
async function load({ dir, shipped, ageIdentity }: RollbackArguments) {
  const loaded = await createLoader({ dir, shipped, ageIdentity }).load();
  const isKept = loaded.problems.some((problem) => isFatal(problem) && problem.code === 'secret');
  if (!isKept) return { loaded, withSecrets: true };
  const secrets = { placeholders: true };
  return { loaded: await createLoader({ dir, shipped, ageIdentity, secrets }).load(), withSecrets: false };
}

function write(steps: readonly Step[], { state }: RollbackArguments, { out, log }: Console): void {
  const pins = createPins({ folder: state, log });
  try {
    pins.pin(steps.flatMap(({ pin }) => pin ?? []));
    pins.unpin(steps.flatMap(({ device, pin }) => (pin ? [] : [device.mac])));
  } finally {
    pins.close();
  }
  const count = steps.length === 1 ? '1 device' : `${steps.length} devices`;
  out(`${count}: a daemon that runs builds that now; else the next build does\n`);
}

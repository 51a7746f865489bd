import { createLoader, type Loaded } from '../load.ts';
import type { Device } from '../model/device.ts';
import { secretsOf } from '../model/device-secrets.ts';
import type { File } from '../model/file.ts';
import { formatMac } from '../model/mac.ts';
import { filesOf } from '../pinning.ts';
import { isFatal } from '../problem.ts';
import { cutSecrets } from '../render/cut.ts';
import { createPins, type Pin } from '../state/pins.ts';
import { painted } from './colors.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';
import { differences, type FileDifference } from './revision-diff.ts';
import { type DeviceRevisions, openDeviceRevisions, pickRevision, readAsWritten } from './revisions.ts';
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

/** What is to become of a device: without a pin it is let go. */
interface Step {
  readonly device: Device;
  readonly pin?: Pin;
  readonly sentence: string;
  readonly changes: readonly FileDifference[];
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
  const steps = stepsOf(loaded, withSecrets, args);
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

function stepsOf(loaded: Loaded, withSecrets: boolean, args: RollbackArguments): Step[] {
  const { state, out, to, target } = args;
  const opened = openDeviceRevisions({ state, out });
  try {
    return devicesOf(loaded.site, target).flatMap((device) => {
      const { vendor, model, mac } = device;
      const one = { device, rendered: loaded.rendering.device(device).files, known: opened.of({ vendor, model, mac }) };
      if (to === undefined) return releaseStep(one);
      return backStep(one, { ...args, to, ...(withSecrets && { revisions: opened.revisions }) });
    });
  } finally {
    opened.close();
  }
}

interface One {
  readonly device: Device;
  /** What git says. */
  readonly rendered: readonly File[];
  readonly known: DeviceRevisions;
}

type Back = RollbackArguments & {
  readonly to: string;
  /** Where earlier files are, when they can be made here. */
  readonly revisions?: ReturnType<typeof openDeviceRevisions>['revisions'];
};

function backStep({ device, rendered, known }: One, { to, reason, out, revisions }: Back): Step[] {
  const { current, pin, own } = known;
  const revision = pickRevision(to, known);
  if (pin ? pin.revision === revision && pin.cause === 'person' : revision === current) return [];
  const kept = known.kept(revision) ?? { files: [] };
  const read = (file: Parameters<typeof readAsWritten>[1]) => readAsWritten(out, file);
  const made = revisions && filesOf(kept, { device, rendered, own }, { out: { read }, revisions });
  const missing = typeof made === 'string' ? made : whatIsMissing(device, known, revision);
  if (missing !== undefined) throw new Error(`${formatMac(device.mac)} cannot go back to ${revision}: ${missing}`);
  const changes = differences(filesIn(known, current), filesIn(known, revision));
  if (changes.length === 0 && revision !== current)
    throw new Error(
      `${formatMac(device.mac)}: ${revision} differs from what it has in nothing but files that devices share; those are the same for all`,
    );
  const more = { ...(current !== revision && { from: current }), ...(reason !== undefined && { reason }) };
  const sentence = current === revision ? `stays at ${revision}` : `goes back from ${current} to ${revision}`;
  return [
    { device, pin: { device: device.mac, revision, at: Date.now(), cause: 'person', ...more }, sentence, changes },
  ];
}

const filesIn = (known: DeviceRevisions, revision: string | undefined) =>
  (revision === undefined ? undefined : known.files(revision)) ?? [];

/** By the names of the secrets alone: for who does not have them. */
function whatIsMissing(device: Device, known: DeviceRevisions, revision: string): string | undefined {
  const named = secretsOf(device);
  for (const { path, cut } of filesIn(known, revision)) {
    if (!cut) return `the text of ${path} is not kept`;
    const name = cut.gaps.flatMap(({ names }) => names).find((one) => !named.has(one));
    if (name !== undefined) return `${path} of it has ${name}, which the device has no more`;
  }
  return undefined;
}

function releaseStep({ device, rendered, known }: One): Step[] {
  if (!known.pin) return [];
  const git = rendered.map((file) => ({ path: file.path, cut: cutSecrets(file, [secretsOf(device)]) }));
  const changes = differences(filesIn(known, known.current), git);
  return [{ device, sentence: `is pinned to ${known.pin.revision} no more, and gets what git says`, changes }];
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

import type { Device } from '../model/device.ts';
import { secretsOf } from '../model/device-secrets.ts';
import type { File } from '../model/file.ts';
import { formatMac } from '../model/mac.ts';
import { filesOf } from '../pinning.ts';
import { cutSecrets } from '../render/cut.ts';
import type { Rendering } from '../render/render.ts';
import type { Pin } from '../state/pins.ts';
import { differences, type FileDifference } from './differences.ts';
import {
  type DeviceRevisions,
  type Folders,
  NoWayBack,
  openDeviceRevisions,
  pickRevision,
  readAsWritten,
} from './revisions.ts';

/** What is to become of a device: without a pin it is let go. */
export interface Step {
  readonly device: Device;
  readonly pin?: Pin;
  readonly sentence: string;
  readonly changes: readonly FileDifference[];
}

export interface StepsOptions extends Folders {
  /** The beginning of a revision, or `previous`; undefined to let go. */
  readonly to?: string;
  /** For whoever reads the status. */
  readonly reason?: string;
  /** What git says, rendered. */
  readonly rendering: Pick<Rendering, 'device'>;
  /** False: the secrets of the site are not known here. */
  readonly withSecrets: boolean;
}

/**
 * What is to be done so that devices have the files of a revision, or those of git again; none for those that have them.
 * @throws NoWayBack with a sentence when one of them cannot
 */
export function stepsOf(devices: readonly Device[], { withSecrets, ...options }: StepsOptions): Step[] {
  const { state, out, to, rendering } = options;
  const opened = openDeviceRevisions({ state, out });
  try {
    return devices.flatMap((device) => {
      const { vendor, model, mac } = device;
      const one = { device, rendered: rendering.device(device).files, known: opened.of({ vendor, model, mac }) };
      if (to === undefined) return releaseStep(one);
      return backStep(one, { ...options, to, ...(withSecrets && { revisions: opened.revisions }) });
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

type Back = Pick<StepsOptions, 'reason' | 'out'> & {
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
  if (missing !== undefined) throw new NoWayBack(`${formatMac(device.mac)} cannot go back to ${revision}: ${missing}`);
  const changes = differences(filesIn(known, current), filesIn(known, revision));
  if (changes.length === 0 && revision !== current)
    throw new NoWayBack(
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

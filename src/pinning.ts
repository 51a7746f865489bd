import { hash as digest } from 'node:crypto';
import type { Device } from './model/device.ts';
import { secretsOf } from './model/device-secrets.ts';
import type { File, Written } from './model/file.ts';
import { formatMac } from './model/mac.ts';
import type { OutFolder } from './output/out-folder.ts';
import type { Problem } from './problem.ts';
import { type Cut, cutSecrets, type Filled, fillSecrets, type Marked, type Named } from './render/cut.ts';
import type { Pin } from './state/pins.ts';
import type { KeptRevision, RevisionsReader } from './state/revisions.ts';

/** What becomes of a device that is pinned. */
export type Pinned =
  /** These are its files. */
  | { readonly kind: 'files'; readonly files: readonly File[] }
  /** What git says is what it is pinned to: the pin has done its work. */
  | { readonly kind: 'agrees' }
  /** It has them, and they cannot be looked at. */
  | { readonly kind: 'stays' }
  /** It keeps what it has, whatever that is. */
  | { readonly kind: 'lost'; readonly why: string };

export interface PinnedDevice {
  readonly device: Device;
  readonly pin: Pin;
  /** What git says, and the revision that it would be. */
  readonly rendered: readonly File[];
  readonly to: string;
  /** The files of the device that stand in out/, and the revision that they are. */
  readonly own: readonly Written[];
  readonly from: string | undefined;
}

export interface PinningOptions {
  readonly out: Pick<OutFolder, 'read'>;
  readonly revisions: Pick<RevisionsReader, 'revision' | 'file'>;
}

/** Makes the files of the revision that a device is pinned to, with the secrets of today. */
export function pinnedFiles(one: PinnedDevice, options: PinningOptions): Pinned {
  const { device, pin, rendered, to, from, own } = one;
  if (to === pin.revision) return { kind: 'agrees' };
  const kept = options.revisions.revision(device.mac, pin.revision);
  if (!kept) {
    if (own.length > 0 && from === pin.revision) return { kind: 'stays' };
    return { kind: 'lost', why: `revision ${pin.revision} is not kept` };
  }
  const made = filesOf(kept, one, options);
  if (typeof made === 'string') return { kind: 'lost', why: made };
  // Of a rollout it is not the device's own files alone that count, but whether it was told.
  if (pin.cause === 'person' && isSame(made, rendered)) return { kind: 'agrees' };
  return { kind: 'files', files: made };
}

/** The files of a kept revision, or a sentence that says why they cannot be made. */
export function filesOf(
  kept: Pick<KeptRevision, 'files'>,
  { device, rendered, own }: Pick<PinnedDevice, 'device' | 'rendered' | 'own'>,
  { out, revisions }: PinningOptions,
): File[] | string {
  const { mac } = device;
  const named = secretsOf(device);
  const files: File[] = [];
  for (const { path, hash } of kept.files) {
    const today = rendered.find((file) => file.path.toLowerCase() === path.toLowerCase());
    const there = own.find((file) => file.hash.startsWith(hash));
    const bytes = there && out.read(there);
    const standing = there && bytes && { bytes, secrets: there.secrets };
    const filled = standing
      ? asOfToday(standing, named, today)
      : filledFrom(revisions.file(mac, hash), { named, today });
    if ('missing' in filled) return `${path} of it cannot be made: ${filled.missing}`;
    const { file } = filled;
    const own_ = { hash: digest('sha256', file.bytes), size: file.bytes.length, audience: { mac } };
    files.push({ path, ...file, ...own_ });
  }
  return files;
}

function filledFrom(cut: Cut | undefined, { named, today }: { named: Named; today?: File }): Filled {
  return cut ? fillSecrets(cut, named, today) : { missing: 'its text is not kept' };
}

/** A file that stands in out/ as it is, but for secrets that are others by now. */
function asOfToday(file: Marked, named: Named, today: File | undefined): Filled {
  if (file.secrets.length === 0) return { file };
  return fillSecrets(
    cutSecrets(file, [named], () => today && cutSecrets(today, [named])),
    named,
    today,
  );
}

const isSame = (one: readonly File[], other: readonly File[]): boolean =>
  one.length === other.length &&
  one.every(({ path, hash }) => other.some((file) => file.path === path && file.hash === hash));

export const lostProblem = ({ mac }: Device, why: string): Problem => ({
  file: 'out',
  code: 'revisions',
  severity: 'warning',
  message: `${formatMac(mac)} is pinned, but ${why}; it keeps the files that it has (\`offhook rollback ${formatMac(mac)} --release\` gives it those of git)`,
});

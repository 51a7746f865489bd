import type { Device } from './model/device.ts';
import { secretsOf } from './model/device-secrets.ts';
import { explainDiskError } from './model/disk-error.ts';
import type { File, FileEntry } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import type { Problem } from './problem.ts';
import { cutSecrets, type Named } from './render/cut.ts';
import type { Revisions } from './state/revisions.ts';

/** A file of a device that is about to be replaced, or to go. */
export interface Replaced {
  /** As it was written. */
  readonly file: FileEntry;
  readonly bytes: Buffer;
  /** The device as it was, where that is known, and as it is. */
  readonly devices: readonly (Device | undefined)[];
  /** What replaces it. */
  readonly by?: File;
}

/** Keeps what devices have before a build replaces it. A disk that does not take it is a warning, and no more. */
export interface Keeping {
  file(mac: Mac, replaced: Replaced): void;
  revision(mac: Mac, revision: string, files: readonly Pick<FileEntry, 'path' | 'hash'>[]): void;
  forget(macs: readonly Mac[]): void;
  /** Writes it; what went wrong. */
  settle(): Problem[];
}

export function createKeeping(revisions: Revisions | undefined): Keeping {
  let failure: unknown;
  /** A device has several files, and its settings are walked through for its secrets. */
  let last: { readonly device: Device; readonly named: Named } | undefined;
  let before: typeof last;
  const namedOf = (device: Device): Named => {
    const found = [last, before].find((one) => one?.device === device);
    if (found) return found.named;
    before = last;
    last = { device, named: secretsOf(device) };
    return last.named;
  };
  const attempt = (work: (store: Revisions) => void) => {
    if (!revisions || failure !== undefined) return;
    try {
      work(revisions);
    } catch (error) {
      failure = error;
    }
  };
  return {
    file: (mac, { file, bytes, devices, by }) =>
      attempt((store) =>
        store.keepFile(mac, file.hash, () => {
          const known = devices.flatMap((device) => (device ? [namedOf(device)] : []));
          return cutSecrets({ bytes, secrets: file.secrets }, known, () => by && cutSecrets(by, known.slice(-1)));
        }),
      ),
    revision: (mac, revision, files) => attempt((store) => store.keepRevision(mac, revision, files)),
    forget: (macs) => attempt((store) => store.forget(macs)),
    settle() {
      attempt((store) => store.flush());
      return failure === undefined ? [] : [keepingProblem(failure)];
    },
  };
}

const keepingProblem = (error: unknown): Problem => ({
  file: 'out',
  code: 'revisions',
  severity: 'warning',
  message: `is written, but what stood there before is not kept: ${explainDiskError(error)}; nobody can go back to it`,
});

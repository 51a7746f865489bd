import type { Mac } from '../model/mac.ts';
import { type Finding, finding } from './finding.ts';

/** Of where a device stands what is looked at here; times are milliseconds since 1970. */
export interface Stands {
  readonly mac: Mac;
  /** A state of convergence: `unseen`, `pending`, `stale` and so on. */
  readonly state: string;
  readonly reason: string;
  readonly address?: string;
  /** When its files became what they are now; 0 when that is not known. */
  readonly built: number;
}

/** So long a phone may take its time, milliseconds: NOTIFYs are paced, and calls end first. */
const patience = 30 * 60_000;

/** Devices that have not what they are meant to have, and not only since a moment ago. */
export function standingFindings(devices: Iterable<Stands>, now: number): Finding[] {
  return [...devices].flatMap((device) => {
    const { mac, address, reason, state, built } = device;
    const told = { device: mac, address, seen: reason };
    // Under way; when it stays so it becomes stuck.
    if (state === 'current' || state === 'fetching') return [];
    if (state === 'unseen') return [finding({ ...told, id: 'never-asked', severity: 'note', fix: neverFix })];
    if (state === 'stale') return [finding({ ...told, id: 'old-files', severity: 'error', fix: oldFix })];
    const isHelpless = state === 'stuck' || state === 'unreachable';
    if (!isHelpless && now - built < patience) return [];
    return [finding({ ...told, id: 'not-asked-since', severity: 'warning', fix: sinceFix })];
  });
}

const neverFix =
  'when the phone is there: compare its MAC, and look at the address of the provisioning server that it has (DHCP option, its web page)';
const oldFix = 'look whether another server answers it (DHCP options, an old TFTP server), or a cache stands between';
const sinceFix =
  'look at the phone: whether it is on, reaches this server, and has its address; `offhook notify` tells it once more';

import type { Mac } from '../model/mac.ts';
import { createConvergence, type DeviceState } from './convergence.ts';
import { readJournal } from './journal.ts';
import { type KnownDevice, readDevices } from './written.ts';

/** A device with its state, and what people know it by. */
export type FleetDevice = DeviceState & Partial<KnownDevice>;

/**
 * Where every device stands, read from the state folder alone while a daemon may be writing there; undefined when none ever
 * did. Sorted by MAC.
 * @throws Error with a sentence when a file cannot be read, or is of another version of offhook
 */
export function readFleet(options: {
  readonly state: string;
  readonly out: string;
  readonly now: number;
}): FleetDevice[] | undefined {
  const { state: folder, out, now } = options;
  const journal = readJournal({ folder });
  if (!journal) return undefined;
  const known = new Map<Mac, KnownDevice>(readDevices({ folder, out }).map((device) => [device.mac, device]));
  try {
    const convergence = createConvergence();
    const fleet: FleetDevice[] = [];
    // One after the other: what is known of a fleet is ten times what is said of it.
    journal.standingInTurn(convergence.add, (mac) => {
      const found = convergence.stateOf(mac, now);
      if (found) fleet.push({ ...known.get(mac), ...found });
      convergence.forget(mac);
    });
    return fleet;
  } finally {
    journal.close();
  }
}

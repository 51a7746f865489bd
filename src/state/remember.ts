import type { Breathe } from '../breath.ts';
import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';

/** Where devices are remembered as they were resolved, for the next plan. */
export interface DeviceMemory {
  putDevices(devices: readonly Device[]): void;
  removeDevices(macs: readonly Mac[]): void;
  /** Whose bytes are about to change. */
  owe?(devices: readonly { readonly mac: Mac; readonly reboot: boolean }[]): void;
}

/** Devices that were resolved anew and those that are no more; rejects when the disk does not take it. */
export type Remember = (made: readonly Device[], gone: readonly Mac[], breathe: Breathe) => Promise<void>;

/** Devices that are written in one transaction. */
const together = 500;

/** Remembers devices; those that could not be written are written with the next ones. */
export function createRemember(memory: DeviceMemory): Remember {
  /** Undefined: no more. */
  const waiting = new Map<Mac, Device | undefined>();
  return async (made, gone, breathe) => {
    for (const mac of gone) waiting.set(mac, undefined);
    for (const device of made) waiting.set(device.mac, device);
    const entries = [...waiting];
    for (let first = 0; first < entries.length; first += together) {
      const some = entries.slice(first, first + together);
      memory.putDevices(some.flatMap(([, device]) => device ?? []));
      memory.removeDevices(some.filter(([, device]) => !device).map(([mac]) => mac));
      for (const [mac] of some) waiting.delete(mac);
      await breathe();
    }
  };
}

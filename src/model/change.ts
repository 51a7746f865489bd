import type { Device } from './device.ts';
import { type Audience, concerns } from './file.ts';
import type { Mac } from './mac.ts';

/** Whom bytes concern that are not what they were, and whether a changed line needs a reboot. */
export interface Change {
  readonly audience: Audience;
  readonly reboot: boolean;
}

/** A device that fetches bytes that changed. */
export interface Touched {
  readonly device: Device;
  readonly reboot: boolean;
}

/**
 * Every device that fetches bytes that changed, its own or those that it shares. Of its own they only change where it was
 * `rendered` again: in a site of many that is mostly few.
 */
export function devicesTouched(
  changes: readonly Change[],
  { devices, rendered }: { readonly devices: readonly Device[]; readonly rendered: readonly Device[] },
): Touched[] {
  const own = new Map<Mac, boolean>();
  for (const { audience, reboot } of changes)
    if ('mac' in audience) own.set(audience.mac, reboot || own.get(audience.mac) === true);
  const shared = changes.filter(({ audience }) => !('mac' in audience || audience.unannounced));
  return (shared.length > 0 ? devices : rendered).flatMap((device) => {
    const reasons = shared.filter(({ audience }) => concerns(audience, device)).map(({ reboot }) => reboot);
    const mine = own.get(device.mac);
    if (mine !== undefined) reasons.push(mine);
    return reasons.length === 0 ? [] : [{ device, reboot: reasons.includes(true) }];
  });
}

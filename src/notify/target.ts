import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { Credentials } from '../sip/digest.ts';
import type { Hop } from './way.ts';

/** To whom a NOTIFY goes. */
export interface Recipient {
  readonly mac: Mac;
  /** Absent when nobody knows where the device is. */
  readonly target?: Hop;
  /** The user of its first line: many phones only listen to a user that they register. */
  readonly user: string;
  /** What a challenge is answered with: the first line's own credentials. */
  readonly credentials?: Credentials;
}

/** As whom a device is notified that is at this place. A device without lines is called by its MAC. */
export function recipientOf(device: Device, target: Hop | undefined): Recipient {
  const [line] = device.lines;
  return {
    mac: device.mac,
    target,
    user: line?.extension ?? device.mac,
    credentials: line && !line.password.isEmpty ? { user: line.auth_user, password: line.password } : undefined,
  };
}

import { isIP } from 'node:net';
import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { Credentials } from '../sip/digest.ts';
import type { Address } from '../sip/notify-request.ts';

/** To whom a NOTIFY goes. */
export interface Recipient {
  readonly mac: Mac;
  /** Absent when nobody knows where the device is. */
  readonly target?: Address;
  /** The user of its first line: many phones only listen to a user that they register. */
  readonly user: string;
  /** What a challenge is answered with: the first line's own credentials. */
  readonly credentials?: Credentials;
}

/**
 * Where and as whom a device is notified: at its fixed address, else at the one that it last fetched from
 * (`lastAddress`, an IP address without port). A device without lines is called by its MAC.
 */
export function recipientOf(device: Device, lastAddress: (mac: Mac) => string | undefined): Recipient {
  const address = plainAddress(device.ip ?? lastAddress(device.mac));
  const [line] = device.lines;
  return {
    mac: device.mac,
    target: address === undefined ? undefined : { address, port: device.sip_port },
    user: line?.extension ?? device.mac,
    credentials: line && !line.password.isEmpty ? { user: line.auth_user, password: line.password } : undefined,
  };
}

/** An IPv4 address that a socket for both families shows as `::ffff:192.0.2.1` is IPv4. A name is no address. */
function plainAddress(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '');
  return plain !== undefined && isIP(plain) !== 0 ? plain : undefined;
}

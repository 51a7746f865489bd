import type { Problem } from '../problem.ts';
import { isPrivateAddress, isPrivateCidr, parseAddress } from './cidr.ts';
import type { Access, Device, Line, Settings } from './device.ts';
import type { Fault } from './faults.ts';
import { findSection } from './layers.ts';
import { Secret } from './secret.ts';
import type { Sources } from './sources.ts';

/*
 * A warning where passwords go to whoever asks, and somebody outside may ask: no token, credentials or certificate is
 * wanted, and neither the networks nor the server's address keep it within private addresses.
 */

const remedy = 'wanted `access` with networks, a token, credentials or a certificate';

/** One for all devices without networks of their own, where the server's address is not private. */
export function exposedByAddress(devices: readonly Device[], sources: Sources): Problem[] {
  const server = findSection(sources, 'server');
  if (server === undefined || isPrivateHost(server.value.address)) return [];
  const open = devices.filter((device) => isExposed(device) && device.settings.access?.networks === undefined);
  if (open.length === 0) return [];
  const whose = open.length === 1 ? 'of a device' : `of ${open.length} devices`;
  const message = `the passwords ${whose} are served to whoever asks, and this address is not private; ${remedy}`;
  return [{ ...server.file.locate(['server', 'address']), code: 'exposed-passwords', severity: 'warning', message }];
}

/** Where the networks of a device are not private; the path starts at its settings. */
export function exposedByNetworks(device: Pick<Device, 'lines' | 'settings'>): readonly Fault[] {
  const open = device.settings.access?.networks?.filter((network) => !isPrivateCidr(network)) ?? [];
  if (open.length === 0 || !isExposed(device)) return [];
  const message = `passwords are served to whoever asks from ${open.join(', ')}, which is not private; ${remedy.replace('networks, ', '')}`;
  return [{ code: 'exposed-passwords', path: ['access', 'networks'], severity: 'warning', message }];
}

const isExposed = ({ lines, settings }: Pick<Device, 'lines' | 'settings'>): boolean =>
  !isProved(settings.access) && hasPasswords(lines, settings);

const isProved = ({ enforce, token, credentials, certificate }: Access = {}): boolean =>
  enforce !== 'off' && (token !== undefined || credentials !== undefined || certificate === 'required');

const hasPasswords = (
  lines: readonly Line[],
  { admin_password, user_password, directory: { ldap } = {} }: Settings,
): boolean =>
  lines.some(({ password }) => !password.isEmpty) ||
  [admin_password, user_password, ldap !== 'off' && ldap?.password].some((password) => password instanceof Secret);

/** Names that no public name server knows (RFC 6761, 6762, 8375, 9476), and those without a dot. */
const privateName =
  /^[^.]+$|\.(?:local|localhost|localdomain|lan|home|home\.arpa|internal|intranet|corp|private|test)$/i;

/** A name of the public DNS may well lead to a private address; who knows that can say so by `networks`. */
function isPrivateHost(host: string): boolean {
  const address = parseAddress(host.replace(/^\[|\]$/g, ''));
  return address === undefined ? privateName.test(host) : isPrivateAddress(address);
}

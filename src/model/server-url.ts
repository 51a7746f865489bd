import { tokenPrefix } from './access.ts';
import type { Device, Server } from './device.ts';
import { Secret } from './secret.ts';

type Place = Omit<Server, 'protocol' | 'https'> & { readonly https?: { readonly port: number } };

/** What phones are told to fetch from: `http://192.0.2.1:8080`, without a slash at its end. */
export const serverUrl = (server: Place, protocol: Server['protocol']): string =>
  `${protocol}://${serverLocation(server, protocol)}`;

/** The same without the scheme. The protocol's usual port is left out. */
export function serverLocation({ address, http, https = http, tftp }: Place, protocol: Server['protocol']): string {
  const host = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;
  const { port } = { http, https, tftp }[protocol];
  const usual = { http: 80, https: 443, tftp: 69 }[protocol];
  return `${host}${port === usual ? '' : `:${port}`}`;
}

/** Where a phone begins that knows nothing yet; a URL with a token in it is a secret as a whole. */
export type FirstUrl = { readonly url: string | Secret } | { readonly untold: string };

/**
 * What may be said to whoever is, or claims to be, this device: never its own token. `unauthenticated: bootstrap` gives
 * its file over another protocol than the one that the device is told.
 */
export function firstUrl({ server, settings: { access } }: Pick<Device, 'server' | 'settings'>): FirstUrl {
  const { protocol } = server;
  if (access?.bootstrap_token !== undefined)
    return { url: new Secret(`${serverUrl(server, protocol)}${tokenPrefix(Secret.reveal(access.bootstrap_token))}`) };
  if (access?.token !== undefined && access.enforce !== 'off')
    return { untold: 'it has a token, and no `bootstrap_token` that leads to it' };
  if (access?.unauthenticated === undefined) return { url: serverUrl(server, protocol) };
  return { url: serverUrl(server, protocol === 'http' ? 'tftp' : 'http') };
}

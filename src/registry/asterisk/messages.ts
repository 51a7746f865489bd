import type { NotifyEvent } from '../../model/vendor.ts';
import { parseContact } from '../../sip/uri.ts';
import type { Claim, Registration } from '../registration.ts';
import type { AmiMessage } from './wire.ts';

/**
 * What Asterisk says of contacts (res_pjsip/pjsip_manager.xml, main/stasis_endpoints.c) and what it is asked for
 * (res_pjsip_notify.c). Seen of Asterisk 16.28.
 */

/** `ContactList`, one for each contact, as an answer to PJSIPShowContacts. */
export function contactOf(event: AmiMessage, at: number): Claim | undefined {
  const uri = event.get('Uri');
  const aor = aorOf(event);
  if (uri === undefined || aor === undefined) return undefined;
  const expires = Number(event.get('ExpirationTime'));
  return {
    ...{ extension: aor, contact: uri, received: receivedOf(uri, event), at },
    user_agent: event.get('UserAgent') || undefined,
    // A static contact has 0 or a time that nobody lives to see.
    expires: expires > 0 && expires < 1e11 ? expires * 1_000 : undefined,
    handles: { endpoint: event.get('Endpoint') || aor },
  };
}

/** `2001;@0c54…`: the address of record, and a hash of the contact. */
const aorOf = (event: AmiMessage): string | undefined =>
  event.get('ObjectName')?.split(';@')[0] || event.get('Endpoint') || undefined;

/** Where the contact is a name, the packets came from here. */
function receivedOf(uri: string, event: AmiMessage): string | undefined {
  const host = parseContact(uri)?.parts.host ?? '';
  const [address, port] = [event.get('ViaAddr'), event.get('ViaPort')];
  if (/^[\d.]+$/.test(host) || host.includes(':') || !address) return undefined;
  return `${address.includes(':') && !address.startsWith('[') ? `[${address}]` : address}${port ? `:${port}` : ''}`;
}

/** What a `ContactStatus` event means. */
export type ContactChange =
  | { readonly kind: 'put'; readonly claim: Claim }
  | { readonly kind: 'gone'; readonly extension: string; readonly endpoint: string; readonly contact: string };

export function changeOf(event: AmiMessage, at: number): ContactChange | undefined {
  const [extension, uri] = [event.get('AOR'), event.get('URI')];
  const contact = parseContact(uri ?? '')?.uri;
  if (!extension || contact === undefined) return undefined;
  const endpoint = event.get('EndpointName') || extension;
  if (event.get('ContactStatus') === 'Removed') return { kind: 'gone', extension, endpoint, contact };
  return { kind: 'put', claim: { extension, contact, at, handles: { endpoint } } };
}

const idle: ReadonlySet<string | undefined> = new Set(['NOT_INUSE', 'UNAVAILABLE', 'INVALID', 'UNKNOWN', undefined]);

/** `DeviceStateChange`: `Device: PJSIP/2001`, `State: INUSE`. */
export function busyOf(event: AmiMessage): { readonly extension: string; readonly isBusy: boolean } | undefined {
  const [, extension] = /^(?:PJSIP|SIP)\/(.+)$/.exec(event.get('Device') ?? '') ?? [];
  return extension === undefined ? undefined : { extension, isBusy: !idle.has(event.get('State')) };
}

/**
 * PJSIPNotify. An endpoint of one contact is called by its name, which always works; of several contacts one is called by
 * its URI, which needs `default_outbound_endpoint` (without it Asterisk says "NOTIFY sent" and sends nothing).
 */
export function notifyAction(
  { contact, extension, handles }: Registration,
  event: NotifyEvent,
  isAlone: boolean,
): (readonly [string, string])[] {
  const variable = (name: string, value: string) => ['Variable', `${name}=${value}`] as const;
  const body = event.body === undefined ? [] : event.body.replace(/\r?\n$/, '').split(/\r?\n/);
  const type = event.content_type ?? (event.body === undefined ? undefined : 'text/plain');
  return [
    isAlone ? ['Endpoint', handles.endpoint ?? extension] : ['URI', contact],
    variable('Event', event.event),
    ...(type === undefined ? [] : [variable('Content-Type', type)]),
    ...body.map((line) => variable('Content', line)),
  ];
}

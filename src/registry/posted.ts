import { plainAddress } from '../model/cidr.ts';
import { quoted } from '../problem.ts';
import { escapeUser, hostOf } from '../sip/syntax.ts';

/** What a PBX, or a script of its, has posted. */
export type Posted =
  /** For `receive` of webhook.ts. */
  | { readonly kind: 'registrations'; readonly body: unknown }
  /** Of all contacts of an extension, or of those at an address. */
  | { readonly kind: 'unregistered'; readonly extension: string; readonly address?: string }
  | { readonly kind: 'call'; readonly extension: string; readonly address?: string; readonly isBusy: boolean }
  | { readonly kind: 'config'; readonly extension: string; readonly address?: string }
  | { readonly kind: 'fault'; readonly message: string };

/** Seconds that a registration holds whose event says nothing of it: RFC 3261 section 10.2.1.1 recommends an hour. */
const usualExpiry = 3600;

const kinds: Readonly<Record<string, 'registered' | 'unregistered' | 'call_start' | 'call_end' | 'config'>> = {
  registration: 'registered',
  registered: 'registered',
  'phone.registered': 'registered',
  unregistration: 'unregistered',
  unregistered: 'unregistered',
  'phone.unregistered': 'unregistered',
  call_start: 'call_start',
  call_end: 'call_end',
  config_change: 'config',
  'phone.config_changed': 'config',
};

const fault = (message: string): Posted => ({ kind: 'fault', message });

/**
 * `{ event, data: { extension, ip, timestamp } }` as the second predecessor documents it, with `contact`, `received`,
 * `user_agent`, `mac` and `expires` (seconds) where they are known; or a list as webhook.ts takes it.
 */
export function readPosted(body: unknown): Posted {
  const { event, data, registrations } = fieldsOf(body);
  if (registrations !== undefined) return { kind: 'registrations', body };
  const kind = typeof event === 'string' && Object.hasOwn(kinds, event) ? kinds[event] : undefined;
  if (kind === undefined)
    return fault(
      `the event is ${typeof event === 'string' ? quoted(event) : 'missing'}; wanted one of ${Object.keys(kinds).join(', ')}`,
    );
  const fields = fieldsOf(data);
  const extension = extensionIn(fields.extension);
  if (extension === undefined) return fault('data.extension is missing; wanted the number of the phone');
  const ip = fields.ip ?? undefined;
  const address = typeof ip === 'string' ? plainAddress(ip) : undefined;
  if (ip !== undefined && address === undefined) return fault('data.ip is no IP address');
  if (kind === 'registered') return registered(fields, extension, address);
  if (kind === 'unregistered') return { kind, extension, address };
  if (kind === 'config') return { kind, extension, address };
  return { kind: 'call', extension, address, isBusy: kind === 'call_start' };
}

type Given = Readonly<Partial<Record<string, unknown>>>;

function registered(fields: Given, extension: string, address: string | undefined): Posted {
  if (fields.contact === undefined && address === undefined)
    return fault('data has neither `ip` nor `contact`; wanted one of them');
  const { contact = contactAt(extension, address ?? ''), mac, instance = mac, expires = usualExpiry } = fields;
  const { received, user_agent, domain } = fields;
  return {
    kind: 'registrations',
    body: { registrations: [{ extension, contact, received, user_agent, domain, instance, expires }] },
  };
}

/** What a registration is known by whose contact nobody told. */
export const contactAt = (extension: string, address: string): string =>
  `sip:${escapeUser(extension)}@${hostOf(address)}`;

const fieldsOf = (value: unknown): Given => Object(value);

function extensionIn(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^[^\p{Cc}\p{Zl}\p{Zp}]{1,256}$/u.test(text) ? text : undefined;
}

import type { NotifyEvent } from '../../model/vendor.ts';
import type { Claim, Registration } from '../registration.ts';

/**
 * `sofia xmlstatus profile NAME reg` (mod_sofia.c, show_reg_callback_xml). What FreeSWITCH writes is not always XML:
 * control characters and a bare `&` occur in user agents; so only the elements that are wanted are looked for.
 */
export function registrationsIn(xml: string, at: number, profile: string): Claim[] {
  const claims: Claim[] = [];
  for (let start = xml.indexOf(open); start >= 0; start = xml.indexOf(open, start + 1)) {
    const end = xml.indexOf('</registration>', start);
    if (end < 0) break;
    const claim = claimOf(xml.slice(start + open.length, end), at, profile);
    if (claim) claims.push(claim);
  }
  return claims;
}

const open = '<registration>';

function claimOf(text: string, at: number, profile: string): Claim | undefined {
  const of = (name: string): string => {
    const [start, end] = [text.indexOf(`<${name}>`), text.indexOf(`</${name}>`)];
    return start < 0 || end < start ? '' : unescaped(text.slice(start + name.length + 2, end)).trim();
  };
  const [, seconds] = /expsecs\((-?\d{1,9})\)/.exec(of('status')) ?? [];
  const [extension = '', domain = ''] = splitUser(of('user'));
  return toClaim({
    ...{ extension, domain, contact: of('contact'), agent: of('agent'), callId: of('call-id'), profile, at },
    ...{ ip: of('network-ip'), port: of('network-port'), expires: seconds === undefined ? undefined : Number(seconds) },
  });
}

/** What an event of mod_sofia means (sofia_reg.c): `CUSTOM` with the subclass `sofia::register` and so on. */
export type RegistrationChange =
  | { readonly kind: 'put'; readonly claim: Claim }
  | { readonly kind: 'gone'; readonly extension: string; readonly contact: string };

export function changeOf(event: ReadonlyMap<string, string>, at: number): RegistrationChange | undefined {
  const of = (name: string) => event.get(name) ?? '';
  const subclass = of('event-subclass');
  const claim = toClaim({
    ...{ extension: of('from-user') || of('user'), domain: of('from-host') || of('host'), contact: of('contact'), at },
    ...{ agent: of('user-agent'), callId: of('call-id'), profile: of('profile-name'), ip: of('network-ip') },
    ...{ port: of('network-port'), expires: /^\d{1,9}$/.test(of('expires')) ? Number(of('expires')) : undefined },
  });
  if (!claim) return undefined;
  if (subclass === 'sofia::register') return { kind: 'put', claim };
  if (subclass !== 'sofia::unregister' && subclass !== 'sofia::expire') return undefined;
  return { kind: 'gone', extension: claim.extension, contact: claim.contact };
}

interface Words {
  readonly extension: string;
  readonly domain: string;
  readonly contact: string;
  readonly agent: string;
  readonly callId: string;
  readonly profile: string;
  readonly ip: string;
  readonly port: string;
  /** Seconds from now. */
  readonly expires?: number;
  readonly at: number;
}

function toClaim({
  extension,
  domain,
  contact,
  agent,
  callId,
  profile,
  ip,
  port,
  expires,
  at,
}: Words): Claim | undefined {
  if (extension === '' || contact === '') return undefined;
  const host = ip.includes(':') ? `[${ip}]` : ip;
  return {
    ...{ extension, domain: domain || undefined, at },
    // What FreeSWITCH notes in the contact for itself: where a NAT is.
    contact: contact.replace(/;fs_[^;>]*/g, ''),
    received: ip === '' ? undefined : `${host}${port === '' ? '' : `:${port}`}`,
    user_agent: agent || undefined,
    handles: { call_id: callId, profile },
    expires: expires === undefined ? undefined : at + expires * 1_000,
  };
}

function splitUser(user: string): readonly [string, string] {
  const at = user.lastIndexOf('@');
  return at < 0 ? [user, ''] : [user.slice(0, at), user.slice(at + 1)];
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** An entity that there is not stays as it stands. */
const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (all, name: string) => entities[name] ?? all);

/** `sendevent NOTIFY` (mod_sofia.c): to the one registration of this Call-ID. A content type is wanted even without a body. */
export function notifyLines({ extension, domain, handles }: Registration, event: NotifyEvent): string[] {
  return [
    'sendevent NOTIFY',
    `profile: ${handles.profile ?? 'internal'}`,
    `event-string: ${event.event}`,
    `user: ${extension}`,
    `host: ${domain ?? ''}`,
    `content-type: ${event.content_type ?? (event.body === undefined ? 'application/simple-message-summary' : 'text/plain')}`,
    ...(handles.call_id ? [`call-id: ${handles.call_id}`] : []),
  ];
}

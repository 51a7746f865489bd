import type { NotifyEvent } from '../model/vendor.ts';
import type { Header, Request } from './message.ts';
import { escapeUser, hostOf } from './syntax.ts';

/** An IP address and a port. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

export interface NotifyInput {
  readonly target: Address;
  /** The user of the Request-URI: a line that the phone registers, or it may not listen. */
  readonly user: string;
  readonly event: NotifyEvent;
  /** Where answers come to. */
  readonly local: Address;
  readonly transport?: 'UDP' | 'TCP' | 'TLS';
  /** The Request-URI; of the user and the target when it is absent. */
  readonly uri?: string;
  /** The target is a proxy on the way to the URI (RFC 3261 section 8.1.2). */
  readonly isProxy?: boolean;
  /** Stay the same when a challenge is answered. */
  readonly callId: string;
  readonly fromTag: string;
  /** New for each transaction; RFC 3261's cookie is put before it. */
  readonly branch: string;
  readonly cseq: number;
  readonly userAgent: string;
  /** Authorization and Proxy-Authorization. */
  readonly authorization?: readonly Header[];
}

/** What says that a branch is unique in time and space (RFC 3261 section 8.1.1.7). */
export const branchCookie = 'z9hG4bK';

/** `sip:user@192.0.2.7:5060`, for the Request-URI and its digest; without the user when that is empty. */
function uriOf(user: string, { address, port }: Address): string {
  return `sip:${user === '' ? '' : `${escapeUser(user)}@`}${hostOf(address)}:${port}`;
}

/**
 * A NOTIFY that belongs to no dialog (RFC 3261 section 8.1; the Subscription-State of RFC 6665 says that none follows).
 * `rport` (RFC 3581) brings the answer back through a NAT.
 */
export function notifyRequest(input: NotifyInput): Request {
  const { target, local, event, transport = 'UDP' } = input;
  const own = `sip:offhook@${hostOf(local.address)}:${local.port}`;
  const sentBy = `${hostOf(local.address)}:${local.port}`;
  const parameter = transport === 'UDP' ? '' : `;transport=${transport.toLowerCase()}`;
  const uri = input.uri ?? `${uriOf(input.user, target)}${parameter}`;
  const route = `<sip:${hostOf(target.address)}:${target.port}${parameter};lr>`;
  const headers = [
    { name: 'Via', value: `SIP/2.0/${transport} ${sentBy};rport;branch=${branchCookie}${input.branch}` },
    { name: 'Max-Forwards', value: '70' },
    ...(input.isProxy ? [{ name: 'Route', value: route }] : []),
    { name: 'From', value: `<${own}>;tag=${input.fromTag}` },
    { name: 'To', value: `<${uri}>` },
    { name: 'Call-ID', value: input.callId },
    { name: 'CSeq', value: `${input.cseq} NOTIFY` },
    { name: 'Contact', value: `<${own}${parameter}>` },
    ...(input.authorization ?? []),
    { name: 'Event', value: event.event },
    { name: 'Subscription-State', value: 'terminated' },
    { name: 'User-Agent', value: input.userAgent },
  ];
  if (event.body !== undefined) headers.push({ name: 'Content-Type', value: event.content_type ?? 'text/plain' });
  else if (event.content_type !== undefined) headers.push({ name: 'Content-Type', value: event.content_type });
  return { kind: 'request', method: 'NOTIFY', uri, headers, body: Buffer.from(event.body ?? '') };
}

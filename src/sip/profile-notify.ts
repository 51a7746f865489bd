import { Secret } from '../model/secret.ts';
import { type Header, headerOf, type Request } from './message.ts';
import { type Address, branchCookie } from './notify-request.ts';
import type { ProfileRequest } from './profile.ts';
import { hostOf } from './syntax.ts';

/** What a phone is told in the body of the NOTIFY. */
export interface Profile {
  readonly url: string | Secret;
  /** `application/url` of nearly all. */
  readonly content_type: string;
}

export interface ProfileNotifyInput {
  readonly subscribe: Request;
  readonly asked: ProfileRequest;
  readonly profile: Profile;
  /** The tag that the answer to the SUBSCRIBE gave. */
  readonly tag: string;
  /** Where answers come to. */
  readonly local: Address;
  /** New for this NOTIFY. */
  readonly branch: string;
  readonly userAgent: string;
}

/**
 * The NOTIFY of the subscription that a SUBSCRIBE for `ua-profile` began, its first and last (RFC 6665 section 4.4.1): its
 * body is the URL. What it says of the event is what the phone said: older ones compare it.
 */
export function profileNotify({
  subscribe,
  asked,
  profile,
  tag,
  local,
  branch,
  userAgent,
}: ProfileNotifyInput): Request {
  const sentBy = `${hostOf(local.address)}:${local.port}`;
  const headers: Header[] = [
    { name: 'Via', value: `SIP/2.0/UDP ${sentBy};rport;branch=${branchCookie}${branch}` },
    { name: 'Max-Forwards', value: '70' },
    { name: 'From', value: `${withoutTag(headerOf(subscribe, 'To') ?? '')};tag=${tag}` },
    { name: 'To', value: headerOf(subscribe, 'From') ?? '' },
    { name: 'Call-ID', value: headerOf(subscribe, 'Call-ID') ?? '' },
    { name: 'CSeq', value: '1 NOTIFY' },
    { name: 'Contact', value: `<sip:offhook@${sentBy}>` },
    { name: 'Event', value: asked.event },
    { name: 'Subscription-State', value: 'terminated;reason=timeout' },
    { name: 'User-Agent', value: userAgent },
    { name: 'Content-Type', value: profile.content_type },
  ];
  const text = profile.url instanceof Secret ? Secret.reveal(profile.url) : profile.url;
  return { kind: 'request', method: 'NOTIFY', uri: asked.contact, headers, body: Buffer.from(text) };
}

const withoutTag = (value: string): string => value.replace(/;\s*tag\s*=[^;>,\s]*/i, '');

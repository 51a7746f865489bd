import { type Mac, parseMac } from '../model/mac.ts';
import { cutUserAgent } from '../model/user-agent.ts';
import { headerOf, type Refusal, type Request } from './message.ts';
import { parseParameters } from './syntax.ts';
import { parseContact, parseUri } from './uri.ts';

/** What a phone asks that looks for its configuration (RFC 6080 section 5.1.1; phones send it by multicast). */
export interface ProfileRequest {
  /** Absent when nothing in the request carries one. */
  readonly mac?: Mac;
  /** As the phone says; some say `OEM` of themselves, or nothing. */
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  /** Its User-Agent, or else what it says as the vendor's pattern may read it: `Acme X9 1.2.3`. */
  readonly user_agent?: string;
  /** The Event header as it came: the NOTIFY repeats it. */
  readonly event: string;
  /** Where the phone wants to be told, a URI. */
  readonly contact: string;
}

/** Reads a SUBSCRIBE for the event `ua-profile`; a refusal for any other request. */
export function readProfileRequest(request: Request): ProfileRequest | Refusal {
  if (request.method !== 'SUBSCRIBE') return refuse(`a ${cutUserAgent(request.method)}, and no SUBSCRIBE`);
  const event = headerOf(request, 'Event') ?? '';
  const [, name = '', rest = ''] = /^([^;]*)(?:;(.*))?$/s.exec(event) ?? [];
  if (name.trim().toLowerCase() !== 'ua-profile') return refuse('a SUBSCRIBE for another event than ua-profile');
  const contact = parseContact(headerOf(request, 'Contact') ?? '');
  if (!contact || /\p{Cc}/u.test(contact.uri)) return refuse('a SUBSCRIBE without a Contact');
  const parameters = parseParameters(rest);
  const word = (key: string) => cutUserAgent(parameters.get(key) ?? '').trim() || undefined;
  const [vendor, model, version] = [word('vendor'), word('model'), word('version')];
  const composed = [vendor, model, version].filter((part) => part !== undefined).join(' ');
  const agent = headerOf(request, 'User-Agent') ?? composed;
  const user_agent = cutUserAgent(agent).trim() || undefined;
  return { mac: macOf(request), vendor, model, version, user_agent, event, contact: contact.uri };
}

const refuse = (reason: string): Refusal => ({ kind: 'refusal', reason });

/**
 * Phones write their MAC as the user of the Request-URI (`MAC%3a001565123456`, `MAC001565123456`), of From, or of their
 * Contact; RFC 6080 has them say a URN instead, whose last twelve digits are the MAC of most.
 */
function macOf(request: Request): Mac | undefined {
  const contact = parseContact(headerOf(request, 'Contact') ?? '');
  const users = [
    parseUri(request.uri)?.user,
    ...['From', 'To'].map((name) => parseContact(headerOf(request, name) ?? '')?.parts.user),
    contact?.parts.user,
    contact?.parameters.get('+sip.instance'),
  ];
  for (const user of users) {
    const mac = user === undefined ? undefined : macIn(user);
    if (mac !== undefined) return mac;
  }
  return undefined;
}

function macIn(user: string): Mac | undefined {
  const [, named] = /^mac\s*[:=]?\s*(.*)$/is.exec(user) ?? [];
  const [, node] = /^<?urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-([0-9a-f]{12})>?$/i.exec(user) ?? [];
  return parseMac((named ?? node ?? user).trim());
}

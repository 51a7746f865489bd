import { parseAddress } from '../model/cidr.ts';
import { parseParameters } from './syntax.ts';

/** A SIP URI (RFC 3261 section 19.1), without its headers. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Its escapes undone; '' when there is none. */
  readonly user: string;
  /** A name or an address; an IPv6 address has no brackets. */
  readonly host: string;
  readonly port?: number;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A Contact with what stands around its URI. */
export interface Contact {
  /** As it came, without brackets, headers and the parameters behind the brackets: fit for a Request-URI. */
  readonly uri: string;
  readonly parts: SipUri;
  /** Of the header: `expires`, `+sip.instance`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** More than any phone's. */
const longest = 2_048;
const form =
  /^(sips?):(?:([^@\s<>"]*)@)?(\[[0-9a-f:.]+\]|[^\s<>"@:;?[\]]+)(?::(\d{1,5}))?((?:;[^\s<>"?]*)?)(?:\?[^\s<>"]*)?$/i;

/** Undefined for what is no URI of SIP: another scheme, blanks, brackets, a port that there is not. */
export function parseUri(text: string): SipUri | undefined {
  if (text.length > longest) return undefined;
  const [, scheme, user, host, digits, parameters] = form.exec(text) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  if ((host.startsWith('[') || /^[\d.]+$/.test(host)) && !parseAddress(bare)) return undefined;
  return {
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user: unescaped(user ?? ''),
    host: bare,
    port,
    parameters: parseParameters(parameters ?? ''),
  };
}

const named = /^\s*(?:"(?:[^"\\]|\\.)*"|[^<"]*)\s*<([^<>]*)>(.*)$/s;

/** `"Ada" <sip:1001@192.0.2.7;line=x>;expires=60` or the URI alone. */
export function parseContact(text: string): Contact | undefined {
  if (text.length > 2 * longest) return undefined;
  const [, inside, after] = named.exec(text) ?? [];
  const uri = (inside ?? text).trim().replace(/\?.*$/, '');
  const parts = parseUri(uri);
  return parts && { uri, parts, parameters: parseParameters(after ?? '') };
}

function unescaped(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}

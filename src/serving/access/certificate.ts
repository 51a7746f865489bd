import type { TLSSocket } from 'node:tls';
import { type Mac, parseMac } from '../../model/mac.ts';

/** What a client showed of itself in the TLS handshake. */
export interface Certificate {
  /** It is valid, and one of the authorities of `client_ca` made it. */
  readonly trusted: boolean;
  /** Why it is not, by OpenSSL's name for it: `CERT_HAS_EXPIRED`. */
  readonly fault?: string;
  /** Its subject and alternative names, one by one: `CN=001565123456`, `OU=X9`, `DNS:phone.example.com`. */
  readonly names: readonly string[];
}

type TlsPeer = Pick<TLSSocket, 'authorized'> & {
  /** A text, whatever Node's types say. */
  readonly authorizationError?: unknown;
  getPeerCertificate(): Shown | object;
};

/** The part of Node's object for a certificate that names its owner. */
interface Shown {
  readonly subject?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly subjectaltname?: string;
}

/** The certificate of a connection; undefined when the client showed none. */
export function certificateOf(socket: TlsPeer): Certificate | undefined {
  const { subject, subjectaltname = '' }: Shown = socket.getPeerCertificate() ?? {};
  if (subject === undefined) return undefined;
  const parts = Object.entries(subject).flatMap(([name, value]) =>
    [value ?? []].flat().map((text) => `${name}=${text}`),
  );
  const { authorized: trusted, authorizationError: fault } = socket;
  const why = trusted || typeof fault !== 'string' ? undefined : fault;
  return { trusted, ...(why && { fault: why }), names: [...parts, ...alternativeNames(subjectaltname)] };
}

/** `DNS:a, URI:"b\u002c c"`: Node quotes a name that could be taken for two. */
function alternativeNames(text: string): string[] {
  return [...text.matchAll(/([^,:\s][^,:]*):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(
    ([, kind = '', name = '']) => `${kind}:${name.startsWith('"') ? unquoted(name) : name.trim()}`,
  );
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '';
  }
}

/**
 * The MAC that a certificate carries, by its vendor's patterns (their group `mac`). Undefined when it carries none, or
 * two that differ.
 */
export function macOf({ names }: Certificate, patterns: readonly RegExp[]): Mac | undefined {
  const macs = new Set<Mac>();
  for (const name of names)
    for (const pattern of patterns) {
      const mac = parseMac(pattern.exec(name)?.groups?.mac ?? '');
      if (mac !== undefined) macs.add(mac);
    }
  return macs.size === 1 ? [...macs][0] : undefined;
}

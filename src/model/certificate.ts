import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { parseAddress, plainAddress } from './cidr.ts';

/** Certificates and keys as texts in PEM (RFC 7468), and what can be read in them. */

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of a text, in their order; in words what is wrong with it. */
export function readCertificates(text: string): readonly X509Certificate[] | { readonly fault: string } {
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0) return { fault: 'holds no certificate in PEM' };
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch {
    return { fault: 'holds a certificate that cannot be read' };
  }
}

/** The private key of a text; in words what is wrong with it, and nothing of what it says. */
export function readPrivateKey(text: string): KeyObject | { readonly fault: string } {
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)) return { fault: 'holds no private key in PEM' };
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text))
    return { fault: 'holds a private key that has a passphrase' };
  try {
    return createPrivateKey(text);
  } catch {
    return { fault: 'holds a private key that cannot be read' };
  }
}

/** Whether a certificate names a host, or an address (with or without brackets), that somebody connects to. */
export function isFor(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (parseAddress(bare) === undefined) return certificate.checkHost(bare) !== undefined;
  const plain = plainAddress(bare);
  return plain !== undefined && certificate.checkIP(plain) !== undefined;
}

/** The hosts and addresses that it names, for a message. */
export function namesOf({ subject, subjectAltName }: X509Certificate): string {
  const names = (subjectAltName ?? '').split(', ').flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
  return names.join(', ') || subject.replaceAll('\n', ', ') || 'nobody';
}

/** Milliseconds since 1970. */
export const validity = ({ validFromDate, validToDate }: X509Certificate) => ({
  from: validFromDate.getTime(),
  to: validToDate.getTime(),
});

/** What OpenSSL takes in a certificate of our own, unless it is told to take less. */
const leastBits = 2048;

/** The length of an RSA key that today's OpenSSL refuses; undefined for all others. */
export function weakBits({ publicKey }: X509Certificate): number | undefined {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = publicKey;
  const bits = details?.modulusLength ?? leastBits;
  return type.startsWith('rsa') && bits < leastBits ? bits : undefined;
}

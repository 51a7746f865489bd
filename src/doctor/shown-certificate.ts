import { isFor, namesOf, validity } from '../model/certificate.ts';
import { quoted } from '../problem.ts';
import type { Shown } from './http-ask.ts';

export interface CertificateFault {
  readonly severity: 'error' | 'warning' | 'note';
  readonly seen: string;
  readonly fix: string;
}

const day = 86_400_000;
const soon = 14 * day;
const date = (at: number) => new Date(at).toISOString().slice(0, 10);

/** What phones have against a certificate that was shown for a host; `now` in milliseconds since 1970. */
export function certificateFaults({ chain, fault }: Shown, host: string, now: number): CertificateFault[] {
  const [own] = chain;
  if (own === undefined) return [{ severity: 'error', seen: 'no certificate was shown', fix: renew }];
  const faults: CertificateFault[] = [];
  for (const [index, certificate] of chain.entries()) {
    const { from, to } = validity(certificate);
    const what =
      index === 0 ? 'the certificate' : `${quoted(certificate.subject.replaceAll('\n', ', '))}, which signed it,`;
    if (to <= now) faults.push({ severity: 'error', seen: `${what} has expired on ${date(to)}`, fix: renew });
    else if (from > now)
      faults.push({ severity: 'error', seen: `${what} is not valid before ${date(from)}`, fix: clocks });
    else if (index === 0 && to - now < soon)
      faults.push({ severity: 'warning', seen: `${what} expires on ${date(to)}`, fix: renew });
  }
  if (!isFor(own, host))
    faults.push({
      severity: 'error',
      seen: `the certificate is for ${namesOf(own)}, and phones are told ${host}`,
      fix: 'get one for the name that phones are told, or tell them that name (`server.address`)',
    });
  if (own.publicKey.asymmetricKeyType === 'ec')
    faults.push({
      severity: 'note',
      seen: 'the certificate has a key on an elliptic curve',
      fix: 'take an RSA key of 2048 bits if phones of ten years and more do not come in',
    });
  return fault === undefined || faults.length > 0 ? faults : [untrusted(fault, chain)];
}

const renew = 'renew it (docs/https.md), and look whether it is renewed by itself';
const clocks = 'correct the clock of this machine, or wait';

/** A public authority says where its own certificate is (RFC 5280 section 4.2.2.1); what one's own signed may stand alone. */
function untrusted(fault: string, [own, ...above]: Shown['chain']): CertificateFault {
  const hasIssuers = own?.infoAccess?.includes('CA Issuers') ?? false;
  if (/UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER/.test(fault) && above.length === 0 && hasIssuers)
    return {
      severity: 'warning',
      seen: `the certificate is shown alone, without those that signed it (${fault})`,
      fix: 'put them behind it into the file of `server.https.cert` (fullchain.pem): phones do not look for them',
    };
  return {
    severity: 'note',
    seen: `nobody whom this system trusts vouches for the certificate (${fault})`,
    fix: 'load its authority into the phones, or take a certificate of a public one',
  };
}

import { parseAddress, plainAddress } from '../../model/cidr.ts';
import type { RefusalKind } from '../../model/fact.ts';
import { formatMac } from '../../model/mac.ts';
import { cutUserAgent } from '../../model/user-agent.ts';
import { type Attempt, certified } from './attempt.ts';
import type { Shown } from './credentials.ts';
import type { Guessing } from './guessing.ts';
import type { House } from './house.ts';
import { spentName } from './spent.ts';

/** What a rule says of an attempt; undefined: the next one has its say. */
export type Verdict = Refused | 'bootstrap' | undefined;

export interface Refused {
  readonly refusal: RefusalKind;
  readonly reason: string;
  /** It counts against the address; the same item counts once. */
  readonly miss?: string;
  /** The password was right, the nonce was not. */
  readonly stale?: boolean;
}

export interface Surroundings {
  readonly house: House;
  readonly guessers: Guessing;
  readonly isSpent: (name: string) => boolean;
  readonly checkCredentials: (attempt: Attempt, house: House) => Shown;
}

type Rule = (attempt: Attempt, surroundings: Surroundings) => Verdict;

/**
 * Every rule, in the order in which they are asked; the first that says something decides. Where a request comes from
 * is first, then what it proves; whether there is such a device is last: who fails before never learns it.
 */
export const order: readonly Rule[] = [
  guessing,
  network,
  address,
  userAgent,
  token,
  protocol,
  certificate,
  credentials,
  stranger,
];

/** Once an address has guessed too often, whatever it asks for is refused; a certificate is no guess. */
function guessing(attempt: Attempt, { guessers, house }: Surroundings): Verdict {
  const { guesser, request } = attempt;
  const until = guessers.blockedUntil(guesser);
  if (until === undefined || certified(attempt, house) === 'fits') return undefined;
  const when = new Date(until).toISOString();
  return { refusal: 'guessing', reason: `${request.address} asked for too many devices; refused until ${when}` };
}

function network({ request, guard: { networks } }: Attempt): Verdict {
  const from = parseAddress(request.address);
  if (networks === undefined || (from !== undefined && networks.has(from))) return undefined;
  return { refusal: 'network', reason: `${request.address} is in none of the networks of \`access\`` };
}

function address({ request, guard, subject }: Attempt, { house }: Surroundings): Verdict {
  if (!guard.policy.ownAddress) return undefined;
  const from = plainAddress(request.address);
  if (subject.kind !== 'device')
    return house.addresses.has(from ?? '') ? undefined : refusedAddress(request.address, 'the address of any device');
  const { ip } = subject.rule;
  if (ip !== undefined && from !== undefined && plainAddress(ip) === from) return undefined;
  return refusedAddress(request.address, ip === undefined ? 'known to be the device’s' : `the device’s, ${ip}`);
}

const refusedAddress = (address: string, wanted: string): Refused => ({
  refusal: 'address',
  reason: `the address ${address} is not ${wanted}`,
});

/** TFTP has none. */
function userAgent({ request, guard, subject }: Attempt, { house }: Surroundings): Verdict {
  if (!guard.policy.ownUserAgent || request.protocol === 'tftp') return undefined;
  const text = cutUserAgent(request.userAgent ?? '');
  const vendors = subject.kind === 'device' ? [subject.vendor] : [...house.rules.vendors.values()];
  const patterns = vendors.flatMap((vendor) => vendor?.userAgents ?? []);
  const groups = patterns.map((pattern) => pattern.exec(text)).find((found) => found !== null)?.groups;
  if (groups === undefined) return { refusal: 'user-agent', reason: 'the user agent is none of the vendor’s phones' };
  const mac = groups.mac?.replace(/[^0-9a-f]/gi, '').toLowerCase();
  if (mac === undefined || subject.kind !== 'device' || mac === subject.mac) return undefined;
  return { refusal: 'user-agent', reason: 'the user agent is another device’s' };
}

function token(attempt: Attempt, surroundings: Surroundings): Verdict {
  const { token: shown, guard, subject } = attempt;
  if (shown?.known?.kind === 'bootstrap') return bootstrapToken(attempt, surroundings);
  if (shown !== undefined && shown.known === undefined)
    return { refusal: 'token', reason: 'the token in the path is none of this site’s', miss: shown.hash };
  const { token: wanted, formerToken, isLenient } = guard.policy;
  if (wanted === undefined || isLenient) return undefined;
  if (shown === undefined)
    return isCertified(attempt, surroundings) ? undefined : { refusal: 'token', reason: 'the path has no token' };
  if (subject.kind !== 'device' || shown.hash === wanted || shown.hash === formerToken) return undefined;
  return { refusal: 'token', reason: 'the token in the path is another device’s', miss: subject.mac };
}

/** It opens the bootstrap file of its own device, until the device's own token was used; and what holds no secret anyway. */
function bootstrapToken({ token: shown, guard, subject, names }: Attempt, { house, isSpent }: Surroundings): Verdict {
  const mac = subject.kind === 'shared' ? shown?.known?.device : subject.mac;
  const rule = mac && house.rules.devices.get(mac);
  if (subject.kind === 'device' && shown?.hash !== guard.policy.bootstrapToken)
    return { refusal: 'token', reason: 'the bootstrap token is another device’s', miss: subject.mac };
  if (mac !== undefined && rule?.policy.token !== undefined && isSpent(spentName(mac, rule.policy.token)))
    return { refusal: 'spent', reason: 'the bootstrap token is spent: the device’s own token was used' };
  if (subject.kind === 'device') return 'bootstrap';
  const files = (mac && house.rules.bootstrap.get(mac)) ?? [];
  return files.some(({ name }) => names.includes(name.toLowerCase())) ? 'bootstrap' : undefined;
}

/** A certificate that is optional and fits stands for token and credentials. */
const isCertified = (attempt: Attempt, { house }: Surroundings): boolean =>
  attempt.guard.policy.certificate === 'optional' && certified(attempt, house) === 'fits';

/** What cannot be proved over this protocol at all. */
function protocol(attempt: Attempt, { house }: Surroundings): Verdict {
  const { request, guard, subject, token: shown } = attempt;
  const { certificate: wanted, credentials: account, bootstrapWithoutProof, isLenient } = guard.policy;
  if (isLenient) return undefined;
  const proof = request.authorization ?? shown?.known;
  if (bootstrapWithoutProof && subject.kind === 'device' && request.protocol !== subject.rule.protocol)
    if (proof === undefined && certified(attempt, house) === 'nothing') return 'bootstrap';
  if (wanted === 'required' && request.protocol !== 'https')
    return { refusal: 'protocol', reason: `${request.protocol} carries no certificate, and \`access\` wants one` };
  if (account !== undefined && request.protocol === 'tftp')
    return { refusal: 'protocol', reason: 'tftp carries no credentials, and `access` wants some' };
  return undefined;
}

function certificate(attempt: Attempt, { house }: Surroundings): Verdict {
  const { certificate: wanted, isLenient } = attempt.guard.policy;
  if (wanted === undefined || isLenient) return undefined;
  const proved = certified(attempt, house);
  if (proved === 'other') return { refusal: 'certificate', reason: 'the certificate is another device’s' };
  if (wanted === 'optional' || proved === 'fits') return undefined;
  return { refusal: 'certificate', reason: whyNot(attempt) };
}

function whyNot({ request: { certificate: shown } }: Attempt): string {
  if (shown === undefined) return 'the client showed no certificate';
  if (shown.trusted) return 'the certificate carries no MAC of a device, by the vendor’s patterns';
  return untrusted[shown.fault ?? ''] ?? 'nobody in `client_ca` vouches for the certificate';
}

/** OpenSSL has no name for keys and signatures that are too weak for it. */
const untrusted: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate, or one of those above it, has expired',
  CERT_NOT_YET_VALID: 'the certificate, or one of those above it, is not valid yet',
  UNSPECIFIED: 'the certificate, or one of those above it, is too weak; `profile: old` takes those of old phones',
};

/** A MAC that nobody has is asked for credentials as soon as any device would be. */
function credentials(attempt: Attempt, surroundings: Surroundings): Verdict {
  const { guard, subject, request } = attempt;
  const { house, checkCredentials } = surroundings;
  const { basic, digest } = house.schemes;
  const { credentials: wanted, isLenient } = guard.policy;
  const isAsked = (wanted !== undefined && !isLenient) || (subject.kind === 'stranger' && (basic || digest));
  if (!isAsked || request.protocol === 'tftp' || isCertified(attempt, surroundings)) return undefined;
  const shown = checkCredentials(attempt, house);
  if (shown === 'right') return undefined;
  if (shown === 'none') return { refusal: 'challenge', reason: 'no credentials were given yet' };
  if (shown === 'stale') return { refusal: 'challenge', reason: 'the nonce was used, or is too old', stale: true };
  if (shown === 'refused') return { refusal: 'guessing', reason: `too many wrong passwords from ${request.address}` };
  const miss = subject.kind === 'shared' ? 'credentials' : subject.mac;
  return { refusal: 'credentials', reason: 'the user or the password is wrong', miss };
}

/** Where nobody is kept out there is nothing to hide, and the path itself may say more. */
function stranger({ subject }: Attempt, { house }: Surroundings): Verdict {
  if (subject.kind !== 'stranger' || !house.isGuarded) return undefined;
  return {
    refusal: 'stranger',
    reason: `no device of devices.yml has the MAC ${formatMac(subject.mac)}`,
    miss: subject.mac,
  };
}

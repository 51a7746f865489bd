import { cutUserAgent } from '../../model/user-agent.ts';
import type { Account } from './account.ts';
import type { Attempt } from './attempt.ts';
import { type Authorization, parseAuthorization } from './authorization.ts';
import { basicChallenge, checkBasic } from './basic.ts';
import { checkDigest, digestChallenges } from './digest.ts';
import type { Guessing } from './guessing.ts';
import type { House } from './house.ts';
import type { Nonces } from './nonce.ts';
import type { Replays } from './replays.ts';
import type { VendorRule } from './rules.ts';

export interface CredentialsOptions {
  readonly nonces: Nonces;
  readonly replays: Replays;
  /** Who tries many passwords for one device. */
  readonly guessers: Guessing;
}

/** `none`: nothing was shown yet, as in every first request. `stale`: right, but by a nonce that is used up. */
export type Shown = 'right' | 'wrong' | 'stale' | 'none' | 'refused';

/** Checks what an attempt shows against what its subject wants. */
export function createCredentialsCheck({ nonces, replays, guessers }: CredentialsOptions) {
  return (attempt: Attempt, house: House): Shown => {
    const { authorization, method, path: target, address } = attempt.request;
    if (authorization === undefined) return 'none';
    const guesser = `${attempt.guesser} ${attempt.subject.kind === 'shared' ? '-' : attempt.subject.mac}`;
    if (guessers.blockedUntil(guesser) !== undefined) return 'refused';
    const { prints } = house;
    const shown = parseAuthorization(authorization);
    const accounts = accountsFor(attempt, house, userOf(shown));
    const verdict =
      shown.scheme === 'basic'
        ? checkBasic(shown, accounts)
          ? 'right'
          : 'wrong'
        : shown.scheme === 'digest'
          ? checkDigest({ ...shown, method, target, address }, { accounts, prints, nonces, replays })
          : 'wrong';
    // The same wrong password again, as of a phone that knows no better, is one guess; of digests nobody can tell.
    if (verdict === 'wrong')
      guessers.miss(guesser, shown.scheme === 'basic' ? prints.nameOf(authorization) : undefined);
    return verdict;
  };
}

function userOf(shown: Authorization): string {
  if (shown.scheme === 'basic') return shown.user;
  return shown.scheme === 'digest' ? (shown.parameters.get('username') ?? '') : '';
}

/** A device's own alone; for what is no device's, those of anybody. */
function accountsFor({ subject, guard }: Attempt, house: House, user: string): readonly Account[] {
  const own = subject.kind === 'device' ? guard.accounts() : [];
  return own.length === 0 ? house.accountsOf(user) : own;
}

/**
 * What a refused client is asked for, each a header of its own, the preferred one first; nothing when no device of the
 * site has credentials. It depends on nothing but what the client itself said.
 */
export function challengesFor(
  { subject, request }: Attempt,
  { schemes, rules }: House,
  { nonces, stale }: { nonces: Nonces; stale: boolean },
): string[] {
  const vendors = [...rules.vendors.values()];
  const vendor =
    subject.kind === 'shared'
      ? vendors.find((each) => isVendorOf(each, request.userAgent))
      : vendors.find(({ ouis }) => ouis.includes(subject.mac.slice(0, 6)));
  const digest = schemes.digest && !(schemes.basic && vendor?.basicOnly);
  return [
    ...(digest ? digestChallenges(nonces.issue(request.address), stale) : []),
    ...(schemes.basic ? [basicChallenge] : []),
  ];
}

const isVendorOf = ({ userAgents }: VendorRule, userAgent = ''): boolean =>
  userAgents.some((pattern) => pattern.test(cutUserAgent(userAgent)));

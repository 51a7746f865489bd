import { createRanges, plainAddress, type Ranges } from '../../model/cidr.ts';
import type { Mac } from '../../model/mac.ts';
import { type Account, createAccount, keysOf } from './account.ts';
import type { AccessRules, Credentials, Policy } from './rules.ts';
import { createPrints, type Prints } from './same-secret.ts';

/** The rules in the forms that a comparison needs, made once for each build; what few requests need is made when it is. */
export interface House {
  readonly rules: HouseRules;
  readonly prints: Prints;
  readonly site: Guard;
  guardOf(policy: Policy): Guard;
  /** Nobody is kept out, and nobody's misses are counted: every request may pass unread. */
  readonly isOpen: boolean;
  /** Some rule keeps somebody out: then it must not show which devices there are. */
  readonly isGuarded: boolean;
  /** By the hash of a token: which kind it is, and whose, when it is one device's alone. */
  readonly tokens: Pick<ReadonlyMap<string, KnownToken>, 'get' | 'size'>;
  /** Of all users of this name; one that nobody has when there is none, so that the same work is done. */
  accountsOf(user: string): readonly Account[];
  /** What is offered to whoever asks for whatever: it says nothing of the device that was asked for. */
  readonly schemes: { readonly basic: boolean; readonly digest: boolean };
  /** Addresses that devices have, when the site's own files are for those alone. */
  readonly addresses: Pick<ReadonlySet<string>, 'has'>;
}

/** Rules by which devices are looked up, and not gone through. */
export type HouseRules = Omit<AccessRules, 'devices' | 'bootstrap'> & {
  readonly devices: Pick<AccessRules['devices'], 'get'>;
  readonly bootstrap: Pick<AccessRules['bootstrap'], 'get'>;
};

/** What is found out by going through all devices. */
export interface Summary extends Pick<House, 'isGuarded' | 'tokens' | 'schemes' | 'addresses'> {
  /** All credentials, by the user's name. */
  readonly users: () => Pick<ReadonlyMap<string, readonly Credentials[]>, 'get'>;
}

/** A policy, ready. */
export interface Guard {
  readonly policy: Policy;
  readonly networks?: Ranges;
  /** The one that the device is told, and the one of before. */
  accounts(): readonly Account[];
}

export interface KnownToken {
  readonly kind: 'token' | 'bootstrap';
  readonly device?: Mac;
}

export const createHouse = (rules: AccessRules): House => houseOf(rules, summaryOf(rules));

export function houseOf(rules: HouseRules, { users, ...summary }: Summary): House {
  const prints = createPrints();
  const guardOf = createGuards(prints);
  return {
    ...summary,
    ...{ rules, prints, guardOf },
    site: guardOf(rules.site),
    isOpen: !summary.isGuarded && rules.guessing === undefined,
    accountsOf: createAccounts(users, prints),
  };
}

export function summaryOf(rules: AccessRules) {
  const policies = new Set([rules.site]);
  for (const { policy } of rules.devices.values()) policies.add(policy);
  const isGuarded = [...policies].some(isGuarding);
  const credentials = [...policies].filter(({ isLenient }) => !isLenient).flatMap(credentialsOf);
  let users: ReadonlyMap<string, readonly Credentials[]> | undefined;
  return {
    isGuarded,
    tokens: knownTokens(rules),
    users() {
      users ??= Map.groupBy(credentials, ({ user }) => user);
      return users;
    },
    schemes: {
      basic: credentials.some(({ scheme }) => scheme !== 'digest'),
      digest: credentials.some(({ scheme }) => scheme !== 'basic'),
    },
    addresses: new Set(
      rules.site.ownAddress
        ? [...rules.devices.values()].flatMap(({ ip }) => (ip === undefined ? [] : (plainAddress(ip) ?? [])))
        : [],
    ),
  };
}

function createGuards(prints: Prints): (policy: Policy) => Guard {
  const guards = new WeakMap<Policy, Guard>();
  const ranges = new Map<string, Ranges>();
  const rangesOf = (texts: readonly string[]): Ranges => {
    const made = ranges.get(texts.join(' ')) ?? createRanges(texts);
    ranges.set(texts.join(' '), made);
    return made;
  };
  return (policy) => {
    const known = guards.get(policy);
    if (known !== undefined) return known;
    const { networks } = policy;
    let accounts: readonly Account[] | undefined;
    const guard: Guard = {
      policy,
      networks: networks && rangesOf(networks),
      accounts() {
        accounts ??= credentialsOf(policy).map((each) => createAccount(each, prints));
        return accounts;
      },
    };
    guards.set(policy, guard);
    return guard;
  };
}

const credentialsOf = ({ credentials, formerCredentials }: Policy): Credentials[] =>
  [credentials, formerCredentials].filter((each) => each !== undefined);

/** Whether it keeps anybody out; a certificate that is optional does not. */
const isGuarding = (policy: Policy): boolean =>
  policy.networks !== undefined || policy.ownAddress === true || policy.ownUserAgent === true || isAsking(policy);

const isAsking = ({ credentials, token, certificate, isLenient }: Policy): boolean =>
  !isLenient && (credentials !== undefined || token !== undefined || certificate === 'required');

/** Looked up by a hash of what was shown: the time that it takes says nothing of the tokens. */
function knownTokens({ devices, site }: AccessRules): Map<string, KnownToken> {
  const tokens = new Map<string, KnownToken>();
  const add = (hash: string | undefined, { kind, device }: KnownToken) => {
    if (hash !== undefined) tokens.set(hash, tokens.has(hash) ? { kind } : { kind, device });
  };
  for (const [device, { policy }] of devices) {
    add(policy.bootstrapToken, { kind: 'bootstrap', device });
    add(policy.formerToken, { kind: 'token', device });
    add(policy.token, { kind: 'token', device });
  }
  // What is the site's own is nobody's alone, even where there is one device.
  if (site.bootstrapToken !== undefined) tokens.set(site.bootstrapToken, { kind: 'bootstrap' });
  for (const hash of [site.token, site.formerToken]) if (hash !== undefined) tokens.set(hash, { kind: 'token' });
  return tokens;
}

/** The same user may have another password in another group. */
function createAccounts(users: Summary['users'], prints: Prints): House['accountsOf'] {
  const nobody = [createAccount({ user: '', keys: keysOf('', prints.nameOf('nobody')), scheme: 'both' }, prints)];
  const made = new Map<string, Account[]>();
  return (user) => {
    const known = made.get(user);
    if (known !== undefined) return known;
    const unique = new Map(
      users()
        .get(user)
        ?.map((each) => [`${each.keys['SHA-256']} ${each.scheme}`, each]),
    );
    if (unique.size === 0) return nobody;
    const accounts = [...unique.values()].map((each) => createAccount(each, prints));
    made.set(user, accounts);
    return accounts;
  };
}

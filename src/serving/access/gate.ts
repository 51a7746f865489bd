import { randomBytes } from 'node:crypto';
import type { Mac } from '../../model/mac.ts';
import type { AccessRequest, Admission, Admitted, Denied, Gate } from './admission.ts';
import { type Attempt, type OwnerOf, readAttempt } from './attempt.ts';
import { challengesFor, createCredentialsCheck } from './credentials.ts';
import { createGuessing, type Miss } from './guessing.ts';
import { createHouse, type House } from './house.ts';
import { createNonces, type Nonces } from './nonce.ts';
import { order, type Refused, type Surroundings, type Verdict } from './order.ts';
import { openHouse, type PackedRules } from './packed-rules.ts';
import { createReplays } from './replays.ts';
import type { AccessRules } from './rules.ts';
import { spentName } from './spent.ts';

/** The gate and what keeps it up to date. One for both protocols; with workers, one in each. */
export interface KeptGate extends Gate {
  /** The rules of a new build; who was refused stays refused. */
  use(rules: AccessRules | PackedRules): void;
  /** What another worker's gate has told. */
  hear(news: GateNews): void;
  /** Who is refused for guessing now. */
  blocked(): readonly Blocked[];
}

/** What the gates of all workers should know. */
export type GateNews = { readonly blocked: Blocked } | { readonly spent: string } | { readonly missed: Miss };

export interface Blocked {
  /** An address or a /64; with a MAC behind it when only that device is refused to it. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface GateOptions {
  /** Whom a file of the last build is for, by its name in lower case. */
  readonly ownerOf: OwnerOf;
  /** The same in all workers, new with each start; 32 bytes. */
  readonly nonceKey?: Buffer;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Devices whose bootstrap token is spent, as `spentName` writes them. */
  readonly spent?: Iterable<string>;
  /** For the gates of other workers, and, of spent tokens, for the state folder. */
  readonly tell?: (news: GateNews) => void;
}

export function createGate(first: AccessRules | PackedRules, options: GateOptions): KeptGate {
  const { ownerOf, nonceKey = randomBytes(32), now = Date.now, tell } = options;
  let rules = first;
  let house = houseFor(rules);
  const spent = new Set<string>(options.spent);
  const nonces = createNonces({ key: nonceKey, now });
  const found = (key: string, until: number) => tell?.({ blocked: { key, until } });
  const counting = { rule: () => house.rules.guessing, now, found, counted: (missed: Miss) => tell?.({ missed }) };
  const guessers = createGuessing(counting);
  const passwords = createGuessing(counting);
  const countersOf = ({ key }: { readonly key: string }) => (key.includes(' ') ? passwords : guessers);
  const checkCredentials = createCredentialsCheck({ nonces, replays: createReplays(), guessers: passwords });
  const isSpent = (name: string) => spent.has(name);

  function admit(request: AccessRequest): Admission {
    if (house.isOpen) return { allow: true, path: request.path };
    const attempt = readAttempt(request, house, ownerOf);
    const verdict = judge(attempt, { house, guessers, isSpent, checkCredentials });
    const miss = missOf(attempt, verdict);
    const delay = guessers.isSlowed(attempt.guesser) ? house.rules.guessing?.slowMs : undefined;
    if (miss !== undefined) guessers.miss(attempt.guesser, miss);
    if (verdict === 'bootstrap') return { ...bootstrapFor(attempt, house), delay };
    if (verdict !== undefined) return { ...denied(attempt, verdict, { house, nonces }), delay };
    if (!request.isExamination) spend(attempt);
    return { allow: true, path: attempt.path, delay };
  }

  /** The device has shown its own token: from here on its bootstrap token is worth nothing. */
  function spend({ subject, token }: Attempt): void {
    if (subject.kind !== 'device' || token === undefined) return;
    const { token: own, bootstrapToken } = subject.rule.policy;
    if (token.hash !== own || bootstrapToken === undefined) return;
    const name = spentName(subject.mac, own);
    if (spent.has(name)) return;
    spent.add(name);
    tell?.({ spent: name });
  }

  return {
    admit,
    use(next) {
      if (next !== rules) house = houseFor(next);
      rules = next;
    },
    hear(news) {
      if ('spent' in news) spent.add(news.spent);
      else if ('missed' in news) countersOf(news.missed).hear(news.missed);
      else countersOf(news.blocked).block(news.blocked.key, news.blocked.until);
    },
    blocked: () => [...guessers.blocked(), ...passwords.blocked()],
  };
}

const houseFor = (rules: AccessRules | PackedRules): House => ('head' in rules ? openHouse(rules) : createHouse(rules));

function judge(attempt: Attempt, surroundings: Surroundings): Verdict {
  for (const rule of order) {
    const verdict = rule(attempt, surroundings);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

/** Where nothing is hidden a MAC that nobody has is let through to the lookup, and counts all the same. */
function missOf({ subject }: Attempt, verdict: Verdict): string | undefined {
  if (verdict === 'bootstrap') return undefined;
  return verdict === undefined ? (subject.kind === 'stranger' ? subject.mac : undefined) : verdict.miss;
}

function denied(attempt: Attempt, refused: Refused, { house, nonces }: { house: House; nonces: Nonces }): Denied {
  const { refusal, reason, stale = false } = refused;
  const device = deviceOf(attempt);
  const isHttp = attempt.request.protocol !== 'tftp';
  const challenge = isHttp ? challengesFor(attempt, house, { nonces, stale }) : [];
  if (challenge.length === 0) return { allow: false, status: 404, reason, refusal, device };
  return { allow: false, status: 401, reason, refusal, device, challenge };
}

const deviceOf = ({ subject }: Attempt): Mac | undefined => (subject.kind === 'shared' ? undefined : subject.mac);

/** Who has come so far knows that there is such a device: that there is no such file may be said plainly. */
function bootstrapFor({ subject, token, names, path }: Attempt, { rules }: House): Admitted | Denied {
  const device = subject.kind === 'device' ? subject.mac : token?.known?.device;
  const files = (device && rules.bootstrap.get(device)) ?? [];
  const file = files.find(({ name }) => names.includes(name.toLowerCase()));
  if (file === undefined) {
    const reason = `only ${files.map(({ name }) => name).join(', ') || 'nothing'} is there without a proof`;
    return { allow: false, status: 404, reason, refusal: token === undefined ? 'protocol' : 'token', device };
  }
  const bytes = Buffer.from(file.bytes);
  const served = { file: `${file.name} (bootstrap)`, size: bytes.byteLength, modified: new Date(0), hash: file.hash };
  return { allow: true, path, bootstrap: { ...served, device, bytes } };
}

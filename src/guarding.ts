import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Accepted } from './build.ts';
import type { Log } from './log.ts';
import type { Mac } from './model/mac.ts';
import { type Blocked, createGate, type GateNews, type KeptGate } from './serving/access/gate.ts';
import { type AccessRules, closedRules, openRules } from './serving/access/rules.ts';
import { spentName } from './serving/access/spent.ts';
import { createAccessRules } from './serving/access/to-rules.ts';
import type { GateSeed } from './serving/workers/messages.ts';
import { createKept } from './state/kept.ts';
import { openSpentTokens } from './state/spent-tokens.ts';

/** Who may fetch what, from one build to the next and over restarts. */
export interface Guarding {
  /** For the servers of this thread. */
  readonly gate: KeptGate;
  /** What the gate of another thread begins with. */
  seed(): GateSeed;
  /** Takes the rules of a site whose files are about to be written. What it returns takes them back. */
  use(build: Pick<Accepted, 'site' | 'bootstrapOf'>): () => void;
  /** From the gate of another thread. */
  hear(news: GateNews): void;
  blocked(): readonly Blocked[];
  /** Whether a device has come by its own token: its bootstrap token is worth nothing. */
  isSpent(mac: Mac): boolean;
}

export interface GuardingOptions {
  /** The state folder, absolute. */
  readonly state: string;
  readonly log: Log;
  /** Whom a file of the last build is for, by its name in lower case. */
  readonly ownerOf: (name: string) => Mac | undefined;
  /** Hears of new rules, and of what this thread's gate found out. */
  readonly tell?: (news: GateNews | { readonly rules: AccessRules }) => void;
}

/** Of the form of what is kept. */
const version = 'access 1';

/**
 * The rules that held when the daemon was stopped hold until a build is accepted: it serves the files of then, and they
 * must not be open meanwhile. If they cannot be read, nothing is served meanwhile.
 */
export function createGuarding({ state, log, ownerOf, tell }: GuardingOptions): Guarding {
  const kept = createKept<AccessRules>(join(state, 'access'), version);
  const spent = openSpentTokens(state, log);
  const nonceKey = randomBytes(32);
  const toRules = createAccessRules();
  /** Who is refused, and until when, as the log has it. */
  const said = new Map<string, number>();
  let rules = firstRules(kept.read(), log);
  const gate = createGate(rules, {
    ...{ ownerOf, nonceKey, spent: spent.names },
    tell(news) {
      note(news);
      tell?.(news);
    },
  });

  /** Of whichever gate. */
  function note(news: GateNews): void {
    if ('spent' in news) spent.add(news.spent);
    else if ('blocked' in news) noteBlocked(news.blocked);
  }

  /** Gates that count together find it out together. */
  function noteBlocked({ key, until }: Blocked): void {
    if ((said.get(key) ?? 0) > Date.now()) return;
    for (const [each, end] of said) if (end <= Date.now()) said.delete(each);
    said.set(key, until);
    log.warn('refused for guessing', { who: key, until: new Date(until).toISOString() });
  }

  function put(next: AccessRules): void {
    if (next === rules) return;
    rules = next;
    gate.use(next);
    tell?.({ rules: next });
    try {
      // Bootstrap files tell tokens, and wait for the next build.
      kept.write({ ...next, bootstrap: new Map() });
    } catch (error) {
      log.error('the rules of access cannot be kept over a restart', { reason: String(error) });
    }
  }

  return {
    gate,
    seed: () => ({ rules, spent: [...spent.names], nonceKey, blocked: gate.blocked() }),
    use({ site, bootstrapOf }) {
      const before = rules;
      put(toRules({ site, bootstrapOf }));
      return () => put(before);
    },
    hear(news) {
      note(news);
      gate.hear(news);
    },
    blocked: gate.blocked,
    isSpent(mac) {
      const own = rules.devices.get(mac)?.policy.token;
      return own !== undefined && spent.names.has(spentName(mac, own));
    },
  };
}

function firstRules(read: { readonly value: AccessRules } | 'none' | 'damaged', log: Log): AccessRules {
  if (read === 'none') return openRules;
  if (read !== 'damaged') return read.value;
  log.error('the rules of access of the last build cannot be read; nothing is served until a build is accepted');
  return closedRules;
}

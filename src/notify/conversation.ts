import { isIPv6, SocketAddress } from 'node:net';
import type { NotifyEvent } from '../model/vendor.ts';
import type { Credentials } from '../sip/digest.ts';
import { type Address, branchCookie, notifyRequest } from '../sip/notify-request.ts';
import { writeMessage } from '../sip/write.ts';
import { type Answered, authorizationsOf, isChallenge, react } from './authorization.ts';
import type { Ending, Outgoing } from './exchange.ts';
import { answeredVerdict, explainNetworkError, silentVerdict, unreachableVerdict, type Verdict } from './verdict.ts';
import type { Hop } from './way.ts';

/** What a conversation needs of the world. */
export interface Wire {
  readonly localFor: (hop: Hop) => Address | Promise<Address>;
  readonly request: (outgoing: Outgoing) => Promise<Ending>;
  /** A token that nobody can guess: letters and digits. */
  readonly random: () => string;
  readonly userAgent: string;
}

/** Whom to tell what. */
export interface Call {
  readonly target: Hop;
  /** The Request-URI; of the user and the target when it is absent. */
  readonly uri?: string;
  readonly isProxy?: boolean;
  readonly user: string;
  readonly event: NotifyEvent;
  readonly credentials?: Credentials;
}

/**
 * Sends one NOTIFY and answers the challenges that come: each time a new transaction with the next CSeq, of the same
 * Call-ID and From tag (RFC 3261 section 22.2), to the same target whoever asked.
 */
export async function converse(call: Call, wire: Wire): Promise<Verdict> {
  const local = await wire.localFor(call.target);
  const transport = upperCase[call.target.transport ?? 'udp'];
  const same = { ...call, local, transport, callId: wire.random(), fromTag: wire.random(), userAgent: wire.userAgent };
  let answered: Answered = new Map();
  for (let cseq = 1; ; cseq++) {
    const branch = wire.random();
    const plain = notifyRequest({ ...same, cseq, branch });
    const authorization = authorizations(plain.uri, call, { answered, random: wire.random });
    const bytes = writeMessage(notifyRequest({ ...same, cseq, branch, authorization }));
    const outgoing = { bytes, branch: `${branchCookie}${branch}`, method: 'NOTIFY', target: call.target };
    const ending = await wire.request(outgoing);
    if (ending.type !== 'answered') return unansweredVerdict(ending);

    const detour = sameAddress(ending.from, call.target.address) ? [] : [`the answer came from ${ending.from}`];
    if (!isChallenge(ending.response)) return answeredVerdict(ending.response, detour);
    const reaction = react(ending.response, call.credentials, answered);
    if ('reason' in reaction) return answeredVerdict(ending.response, [reaction.reason, ...detour]);
    answered = reaction.answered;
  }
}

const upperCase = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' } as const;

function authorizations(
  uri: string,
  { credentials }: Call,
  { answered, random }: { answered: Answered; random: () => string },
) {
  if (!credentials || answered.size === 0) return [];
  return authorizationsOf(answered, { method: 'NOTIFY', uri, credentials, random });
}

function unansweredVerdict(ending: Exclude<Ending, { type: 'answered' }>): Verdict {
  if (ending.type === 'failed') return unreachableVerdict(explainNetworkError(ending.error));
  return silentVerdict(ending.type === 'silent' ? 'no answer' : 'no answer came before offhook stopped');
}

/** One IPv6 address has many spellings. */
function sameAddress(a: string, b: string): boolean {
  return a === b || (isIPv6(a) && isIPv6(b) && canonical(a) === canonical(b));
}

function canonical(address: string): string {
  const [bare, zone] = address.split('%');
  return `${new SocketAddress({ address: bare, family: 'ipv6' }).address}%${zone ?? ''}`;
}

import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { NotifyFact } from '../model/fact.ts';
import type { NotifyEvent } from '../model/vendor.ts';
import { parseMessage } from '../sip/parse.ts';
import { hostOf } from '../sip/syntax.ts';
import { defaultTimers, type TimerValues } from '../sip/transaction.ts';
import { createClock } from './clock.ts';
import { type Call, converse } from './conversation.ts';
import { createExchanges, type Exchanges } from './exchange.ts';
import { createNames } from './name.ts';
import { createPace } from './pace.ts';
import { createProbe } from './probe.ts';
import { createSockets } from './sockets.ts';
import { createStreams } from './streams.ts';
import type { Recipient } from './target.ts';
import { explainNetworkError, refusesEvent, unreachableVerdict } from './verdict.ts';
import { type Hop, isReached, sumUp, type Tried, type Way } from './way.ts';

export interface Notification extends Recipient, Message {
  /** Tried in order until one reaches the device; straight to the target when there are none. */
  readonly ways?: readonly Way[];
  readonly cause: NotifyFact['cause'];
  /** NOTIFYs a second where that is not as for all. */
  readonly perAddress?: number;
  readonly group?: string;
  readonly perGroup?: number;
  /** Asked when its turn has come, once: what to say by then; undefined for nothing. */
  readonly begin?: () => Promise<Message | undefined>;
}

/** What a device is told. */
export interface Message {
  /** The next is tried where the device does not do the one before. */
  readonly events: readonly NotifyEvent[];
  readonly revision?: string;
}

export interface Notifier {
  /** Sends a NOTIFY when its turn comes and gives the fact of how that ended; never rejects. */
  notify(notification: Notification): Promise<NotifyFact>;
  /** Settles every NOTIFY whose turn has not come; those that are under way go on. */
  release(): void;
  /** Settles every NOTIFY that waits or is under way, and closes the sockets. */
  close(): Promise<void>;
}

export interface NotifierOptions {
  /** IP address to send from; the one of each route when none is given. */
  readonly localAddress?: string;
  /** Port to send from; one that the system chooses when none is given. */
  readonly port?: number;
  /** NOTIFYs a second in all, and to one address; as many as there are when not given. Challenges are answered at once. */
  readonly perSecond?: number;
  readonly perAddressPerSecond?: number;
  readonly timers?: TimerValues;
  /** Milliseconds since 1970, for the facts. */
  readonly now?: () => number;
  /** Told of datagrams that belong to nothing and of errors of a socket, each time, however many there are. */
  readonly stray?: (reason: string, from?: string) => void;
  readonly random?: () => string;
}

/** Tells devices to come and fetch. Sockets are opened when they are first needed; until then it costs nothing. */
export function createNotifier(options: NotifierOptions = {}): Notifier {
  const { localAddress, port = 0, timers = defaultTimers, now = Date.now, stray = () => {} } = options;
  const { perSecond = Number.POSITIVE_INFINITY, perAddressPerSecond = Number.POSITIVE_INFINITY } = options;
  const clock = createClock();
  const pace = createPace({ perSecond, perAddressPerSecond, clock });
  const sockets = createSockets({
    localAddress,
    port,
    receive: (datagram, from) => receive(datagram, from.address),
    failed: (error) => stray(explainNetworkError(error)),
  });
  const streams = createStreams({ localAddress, receive, patience: Math.min(64 * timers.t1, 10_000) });
  const named = createNames();
  const sideOf = ({ transport = 'udp' }: Hop) => (transport === 'udp' ? sockets : streams);
  const transmit: typeof sockets.send = (bytes, hop, failed) => sideOf(hop).send(bytes, hop, failed);
  const exchanges: Exchanges = createExchanges({ send: transmit, probe: createProbe(localAddress), clock, timers });
  const wire = {
    localFor: (hop: Hop) => sideOf(hop).localFor(hop),
    request: exchanges.request,
    random: options.random ?? randomToken,
    userAgent: 'offhook',
  };

  function receive(datagram: Uint8Array, from: string): void {
    const message = parseMessage(datagram);
    if (message.kind === 'refusal') stray(`no SIP message: ${message.reason}`, from);
    else if (message.kind === 'request') stray('a request, which is not answered here', from);
    else if (!exchanges.receive(message, from)) stray('an answer to nothing that was asked', from);
  }

  /** `begun` is asked when its turn has come: a device may fetch before its answer, or the lack of one, is known. */
  async function go(way: Way, { user, credentials, ...turn }: Notification, begun: Begun): Promise<Tried & Said> {
    if (way.kind === 'none') return { way, verdict: unreachableVerdict(way.reason) };
    const { address } = way.kind === 'sip' ? way.hop : way.target;
    let tried: (Tried & Said) | undefined;
    for (let index = 0; ; index++) {
      if (!(await pace.turn({ ...turn, address }))) return tried ?? { way, verdict: unreachableVerdict(stopped) };
      const message = await begun();
      const event = message?.events[index];
      if (!event) return tried ?? { way, verdict: unreachableVerdict('it is not its turn any more') };
      const verdict = await send(way, { user, credentials, event });
      tried = { way, verdict, event };
      if (!refusesEvent(verdict) || !message.events[index + 1]) return tried;
    }
  }

  async function send(way: Exclude<Way, { kind: 'none' }>, call: Pick<Call, 'user' | 'credentials' | 'event'>) {
    if (way.kind === 'hand') return way.hand(call.event);
    const failed = (error: Error) => unreachableVerdict(explainNetworkError(error));
    try {
      const target = way.isProxy ? await named(way.hop) : way.hop;
      if (!isReal(target)) return unreachableVerdict('that is no IP address with a port');
      return await converse({ ...way, ...call, target }, wire);
    } catch (error) {
      return failed(error as Error);
    }
  }

  return {
    async notify(notification) {
      const { mac, cause } = notification;
      const ways = notification.ways?.length ? notification.ways : [straightTo(notification)];
      const first: { at?: number; message?: Promise<Message | undefined> } = {};
      const begun: Begun = () => {
        first.message ??= notification.begin?.() ?? Promise.resolve(notification);
        first.at ??= now();
        return first.message;
      };
      const tried: (Tried & Said)[] = [];
      for (const way of ways) {
        tried.push(await go(way, notification, begun));
        if (isReached(tried.at(-1)!.verdict)) break;
      }
      const { way, verdict } = sumUp(tried);
      const { revision = notification.revision } = (await first.message) ?? {};
      const event = tried.findLast((one) => one.way === way)?.event ?? notification.events[0];
      const target = way.kind === 'sip' ? way.hop : way.kind === 'hand' ? way.target : undefined;
      const address = target && `${hostOf(target.address)}:${target.port}`;
      return {
        at: first.at ?? now(),
        device: mac,
        target: address,
        event: event?.event ?? '',
        revision,
        cause,
        ...verdict,
      };
    },
    release: pace.stop,
    async close() {
      pace.stop();
      exchanges.stop();
      clock.stop();
      streams.close();
      await sockets.close();
    },
  };
}

type Begun = () => Promise<Message | undefined>;

/** The event that was sent last, if one was. */
interface Said {
  readonly event?: NotifyEvent;
}

const stopped = 'offhook stopped before its turn came';

function straightTo({ target }: Notification): Way {
  if (target) return { kind: 'sip', name: 'direct', hop: target };
  return { kind: 'none', name: 'direct', reason: 'no address is known: it has no fixed one, and has not fetched yet' };
}

const isReal = ({ address, port }: Hop): boolean =>
  isIP(address) !== 0 && Number.isInteger(port) && port > 0 && port < 65_536;

/** 122 random bits: nobody who does not see the request can forge its answer. */
const randomToken = (): string => randomUUID().replaceAll('-', '');

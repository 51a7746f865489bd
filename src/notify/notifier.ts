import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { NotifyFact } from '../model/fact.ts';
import type { NotifyEvent } from '../model/vendor.ts';
import type { Address } from '../sip/notify-request.ts';
import { parseMessage } from '../sip/parse.ts';
import { hostOf } from '../sip/syntax.ts';
import { defaultTimers, type TimerValues } from '../sip/transaction.ts';
import { createClock } from './clock.ts';
import { converse } from './conversation.ts';
import { createExchanges, type Exchanges } from './exchange.ts';
import { createPace } from './pace.ts';
import { createProbe } from './probe.ts';
import { createSockets } from './sockets.ts';
import type { Recipient } from './target.ts';
import { explainNetworkError, unreachableVerdict, type Verdict } from './verdict.ts';

export interface Notification extends Recipient {
  readonly event: NotifyEvent;
  readonly cause: NotifyFact['cause'];
  readonly revision?: string;
}

export interface Notifier {
  /** Sends a NOTIFY when its turn comes and gives the fact of how that ended; never rejects. */
  notify(notification: Notification): Promise<NotifyFact>;
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
  const exchanges: Exchanges = createExchanges({ send: sockets.send, probe: createProbe(localAddress), clock, timers });
  const wire = {
    localFor: sockets.localFor,
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

  async function send({ target, user, event, credentials }: Notification, went: boolean): Promise<Verdict> {
    if (!target) return unreachableVerdict('no address is known: it has no fixed one, and has not fetched yet');
    if (!isReal(target)) return unreachableVerdict('that is no IP address with a port');
    if (!went) return unreachableVerdict('offhook stopped before its turn came');
    return converse({ target, user, event, credentials }, wire);
  }

  return {
    async notify(notification) {
      const { mac, target, event, revision, cause } = notification;
      const went = target !== undefined && (await pace.turn(target.address));
      // When it was sent: a device may fetch before its answer, or the lack of one, is known.
      const at = now();
      const verdict = await send(notification, went).catch((error) => unreachableVerdict(explainNetworkError(error)));
      const address = target && `${hostOf(target.address)}:${target.port}`;
      return { at, device: mac, target: address, event: event.event, revision, cause, ...verdict };
    },
    async close() {
      pace.stop();
      exchanges.stop();
      clock.stop();
      await sockets.close();
    },
  };
}

const isReal = ({ address, port }: Address): boolean =>
  isIP(address) !== 0 && Number.isInteger(port) && port > 0 && port < 65_536;

/** 122 random bits: nobody who does not see the request can forge its answer. */
const randomToken = (): string => randomUUID().replaceAll('-', '');

import { randomUUID } from 'node:crypto';
import type { Log } from './log.ts';
import type { FetchFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import { createClock } from './notify/clock.ts';
import { createExchanges, type Ending } from './notify/exchange.ts';
import { createProbe } from './notify/probe.ts';
import { createSockets } from './notify/sockets.ts';
import { explainNetworkError } from './notify/verdict.ts';
import { createPnp, type NotifyEnding, type ProfileOf, type Wire } from './pnp/pnp.ts';
import { profileFor } from './pnp/profile-for.ts';
import { parseMessage } from './sip/parse.ts';
import { defaultTimers, type TimerValues } from './sip/transaction.ts';
import type { Current } from './state/current.ts';

export interface PluggingOptions {
  /** The address that is listened on; where it is one interface's, phones are heard there alone. */
  readonly host: string;
  readonly current: Pick<Current, 'build' | 'device'>;
  /** Whether a device has come by its own token. */
  readonly isSpent: (mac: Mac) => boolean;
  readonly record: (fact: FetchFact) => void;
  readonly log: Log;
  readonly timers?: TimerValues;
}

/** Phones that are plugged in and ask by multicast where their files are. */
export interface Plugging {
  /** Of each build that was accepted; resolves when it is listened as `pnp:` says. */
  use(site: Pick<Site, 'pnp'>): Promise<void>;
  stop(): Promise<void>;
}

export function createPlugging({
  host,
  current,
  isSpent,
  record,
  log,
  timers = defaultTimers,
}: PluggingOptions): Plugging {
  const localAddress = host === '0.0.0.0' || host.includes(':') ? undefined : host;
  const { wire, end, close } = createWire(localAddress, timers);
  const profileOf: ProfileOf = (mac, address) => {
    const device = current.device(mac);
    const vendor = device && current.build()?.site.vendors.get(device.vendor);
    return device && profileFor(device, { address, vendor, isSpent: isSpent(mac) });
  };
  const pnp = createPnp({ profileOf, wire, record, log });
  return {
    use({ pnp: settings }) {
      const interfaces = settings?.interfaces ?? (localAddress === undefined ? undefined : [localAddress]);
      return pnp.use(settings && { ...settings, interfaces });
    },
    async stop() {
      end();
      await pnp.stop();
      await close();
    },
  };
}

interface OwnWire {
  readonly wire: Wire;
  /** Settles every NOTIFY that is under way. */
  end(): void;
  close(): Promise<void>;
}

/** A socket of its own, opened when it is first needed: nothing can be sent from the group's address. */
function createWire(localAddress: string | undefined, timers: TimerValues): OwnWire {
  const clock = createClock();
  const sockets = createSockets({ localAddress, port: 0, receive, failed: () => {} });
  const exchanges = createExchanges({ send: sockets.send, probe: createProbe(localAddress), clock, timers });

  function receive(datagram: Uint8Array, { address }: { readonly address: string }): void {
    const message = parseMessage(datagram);
    if (message.kind === 'response') exchanges.receive(message, address);
  }

  const wire: Wire = {
    localFor: sockets.localFor,
    send: (bytes, target) => sockets.send(bytes, target, () => {}),
    request: async (outgoing) => endingOf(await exchanges.request({ ...outgoing, method: 'NOTIFY' })),
    random: () => randomUUID().replaceAll('-', ''),
  };
  return {
    wire,
    end: exchanges.stop,
    async close() {
      clock.stop();
      await sockets.close();
    },
  };
}

function endingOf(ending: Ending): NotifyEnding {
  if (ending.type === 'answered') return ending.response;
  if (ending.type === 'failed') return explainNetworkError(ending.error);
  return ending.type === 'silent' ? 'no answer' : 'no answer came before offhook stopped';
}

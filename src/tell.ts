import type { Device } from './model/device.ts';
import type { NotifyFact } from './model/fact.ts';
import type { NotifySettings, Site } from './model/site.ts';
import { createNotifier, type Notifier } from './notify/notifier.ts';
import { recipientOf } from './notify/target.ts';
import type { Way } from './notify/way.ts';
import type { TimerValues } from './sip/transaction.ts';

export interface TellerOptions {
  /** By which ways a device can be told; the site says which are wanted. */
  readonly waysTo: (device: Device, site: Site) => readonly Way[];
  /** Told of each NOTIFY when it is over. */
  readonly record: (fact: NotifyFact) => void;
  /** How long a silent device is waited for; those of RFC 3261 when not given. */
  readonly timers?: TimerValues;
}

export interface Order {
  readonly device: Device;
  readonly reboot: boolean;
  readonly cause: NotifyFact['cause'];
  readonly revision?: string;
}

export interface Teller {
  /** Sends a NOTIFY to each, at the pace that the site wants; settles when all are over. Never rejects. */
  tell(site: Site, orders: readonly Order[]): Promise<readonly NotifyFact[]>;
  /** Settles what is under way: who was not reached by now is told so in its fact. */
  close(): Promise<void>;
}

/** A notifier with the pace that it keeps, and how many rounds of NOTIFYs it is busy with. */
interface Paced {
  readonly settings: NotifySettings;
  readonly notifier: Notifier;
  rounds: number;
}

/** Tells devices to come and fetch: with the vendor's event, at the address where they are, and writes down what came of it. */
export function createTeller({ waysTo, record, timers }: TellerOptions): Teller {
  const open = new Set<Paced>();
  let latest: Paced | undefined;

  /** The pace is in a file, hence live: a new one takes effect for what is told from now on. */
  function pacedFor(settings: NotifySettings): Paced {
    if (latest && isSamePace(latest.settings, settings)) return latest;
    const before = latest;
    const { per_second, per_address } = settings;
    const notifier = createNotifier({ perSecond: per_second, perAddressPerSecond: per_address, timers });
    latest = { settings, notifier, rounds: 0 };
    open.add(latest);
    if (before) retire(before);
    return latest;
  }

  /** One that keeps an old pace goes when its last round is over. */
  function retire(paced: Paced): void {
    if (paced === latest || paced.rounds > 0) return;
    open.delete(paced);
    void paced.notifier.close();
  }

  return {
    async tell(site, orders) {
      if (orders.length === 0) return [];
      const paced = pacedFor(site.notify);
      paced.rounds++;
      const facts = orders.map(async ({ device, reboot, cause, revision }) => {
        const vendor = site.vendors.get(device.vendor);
        if (!vendor) throw new Error(`no such vendor: ${device.vendor}`);
        const event = reboot ? vendor.notify.reboot : vendor.notify.resync;
        const ways = waysTo(device, site);
        const fact = await paced.notifier.notify({ ...recipientOf(device, undefined), ways, event, cause, revision });
        record(fact);
        return fact;
      });
      return Promise.all(facts).finally(() => {
        paced.rounds--;
        retire(paced);
      });
    },
    async close() {
      await Promise.all([...open].map(({ notifier }) => notifier.close()));
    },
  };
}

const isSamePace = (one: NotifySettings, other: NotifySettings): boolean =>
  one.per_second === other.per_second && one.per_address === other.per_address;

import type { Device } from './model/device.ts';
import type { NotifyFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import type { NotifySettings, Site } from './model/site.ts';
import { createNotifier, type Notifier } from './notify/notifier.ts';
import { recipientOf } from './notify/target.ts';

export interface TellerOptions {
  /** The address that a device last fetched from. */
  readonly lastAddress: (mac: Mac) => string | undefined;
  /** Told of each NOTIFY when it is over. */
  readonly record: (fact: NotifyFact) => void;
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
  /** Settles what is under way. */
  close(): Promise<void>;
}

/** Tells devices to come and fetch: with the vendor's event, at the address where they are, and writes down what came of it. */
export function createTeller({ lastAddress, record }: TellerOptions): Teller {
  let last: { settings: NotifySettings; notifier: Notifier } | undefined;

  /** The pace is in a file, hence live: a new one takes effect for what is told from now on. */
  function notifierFor(settings: NotifySettings): Notifier {
    const same =
      last?.settings.per_second === settings.per_second && last.settings.per_address === settings.per_address;
    if (last && same) return last.notifier;
    const before = last?.notifier;
    const notifier = createNotifier({ perSecond: settings.per_second, perAddressPerSecond: settings.per_address });
    last = { settings, notifier };
    retiring.add(before);
    return notifier;
  }

  const retiring = new Set<Notifier | undefined>();

  return {
    async tell(site, orders) {
      const notifier = notifierFor(site.notify);
      const facts = orders.map(async ({ device, reboot, cause, revision }) => {
        const vendor = site.vendors.get(device.vendor);
        if (!vendor) throw new Error(`no such vendor: ${device.vendor}`);
        const event = reboot ? vendor.notify.reboot : vendor.notify.resync;
        const fact = await notifier.notify({ ...recipientOf(device, lastAddress), event, cause, revision });
        record(fact);
        return fact;
      });
      return Promise.all(facts);
    },
    async close() {
      await Promise.all([...retiring, last?.notifier].map((notifier) => notifier?.close()));
    },
  };
}

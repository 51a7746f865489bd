import type { Device } from './model/device.ts';
import type { NotifyFact } from './model/fact.ts';
import type { NotifySettings, Site } from './model/site.ts';
import { createNotifier, type Notification, type Notifier } from './notify/notifier.ts';
import { recipientOf } from './notify/target.ts';
import type { Way } from './notify/way.ts';
import type { TimerValues } from './sip/transaction.ts';

export interface TellerOptions {
  /** By which ways a device can be told; the site says which are wanted. */
  readonly waysTo: (device: Device, site: Site) => readonly Way[];
  /** How long a silent device is waited for; those of RFC 3261 when not given. */
  readonly timers?: TimerValues;
}

export interface Order extends Pick<Notification, 'perAddress' | 'group' | 'perGroup'> {
  readonly device: Device;
  readonly cause: NotifyFact['cause'];
  readonly reboot: boolean;
  readonly revision?: string;
  /** When they are known already. */
  readonly ways?: readonly Way[];
  /** Asked when its turn has come: what holds by then; undefined when it is not to be told after all. */
  readonly begin?: () => Promise<Pick<Order, 'reboot' | 'revision'> | undefined>;
}

export interface Teller {
  /** Sends a NOTIFY at the pace that the site wants; undefined when its turn was taken back. Never rejects. */
  tell(site: Site, order: Order): Promise<NotifyFact | undefined>;
  /** Settles what is under way: who was not reached by now is told so in its fact. */
  close(): Promise<void>;
}

/** A notifier with the pace that it keeps, and how many NOTIFYs it is busy with. */
interface Paced {
  readonly settings: NotifySettings;
  readonly notifier: Notifier;
  orders: number;
}

/** Tells devices to come and fetch: with the vendor's event, at the address where they are. */
export function createTeller({ waysTo, timers }: TellerOptions): Teller {
  const open = new Set<Paced>();
  let latest: Paced | undefined;

  /** The pace is in a file, hence live: whose turn has not come is told at the new one. */
  function pacedFor(settings: NotifySettings): Paced {
    if (latest && isSamePace(latest.settings, settings)) return latest;
    const before = latest;
    const { per_second, per_address } = settings;
    const notifier = createNotifier({ perSecond: per_second, perAddressPerSecond: per_address, timers });
    latest = { settings, notifier, orders: 0 };
    open.add(latest);
    before?.notifier.release();
    if (before) retire(before);
    return latest;
  }

  /** One that keeps an old pace goes when its last NOTIFY is over. */
  function retire(paced: Paced): void {
    if (paced === latest || paced.orders > 0) return;
    open.delete(paced);
    void paced.notifier.close();
  }

  return {
    async tell(site, { device, reboot, revision, ways = waysTo(device, site), begin, ...more }) {
      const vendor = site.vendors.get(device.vendor);
      if (!vendor) throw new Error(`no such vendor: ${device.vendor}`);
      const messageOf = (now: Pick<Order, 'reboot' | 'revision'>) => ({
        events: now.reboot ? vendor.notify.reboot : vendor.notify.resync,
        revision: now.revision,
      });
      let isTold = begin === undefined;
      const asked =
        begin &&
        (async () => {
          const now = await begin();
          isTold = now !== undefined;
          return now && messageOf(now);
        });
      const paced = pacedFor(site.notify);
      paced.orders++;
      const recipient = recipientOf(device, undefined);
      const notification = { ...recipient, ...more, ...messageOf({ reboot, revision }), ways, begin: asked };
      const fact = await paced.notifier.notify(notification).finally(() => {
        paced.orders--;
        retire(paced);
      });
      return isTold ? fact : undefined;
    },
    async close() {
      await Promise.all([...open].map(({ notifier }) => notifier.close()));
    },
  };
}

const isSamePace = (one: NotifySettings, other: NotifySettings): boolean =>
  one.per_second === other.per_second && one.per_address === other.per_address;

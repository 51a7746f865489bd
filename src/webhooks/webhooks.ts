import type { Log } from '../log.ts';
import { isSameWebhook, type Webhook } from '../model/webhook.ts';
import { type DeliverTiming, type Delivery, deliver, type Source } from './deliver.ts';

/** Tells those who are named in devices.yml of events. */
export interface Webhooks {
  /** Who is told now: those that are new are told from now on, those that are as before go on. */
  use(webhooks: readonly Webhook[]): void;
  /** Leaves off and writes down how far each has come. */
  stop(): Promise<void>;
}

/** How far each webhook has come, by its name: the last event that needs not be told any more. */
export type Places = ReadonlyMap<string, number>;

export interface WebhooksOptions {
  readonly source: Source & {
    /** The number of the last event. */
    last(): number;
  };
  readonly places: {
    /** `damaged` when they cannot be read: then all events that are kept are told, some of them again. */
    read(): { readonly value: Places } | 'none' | 'damaged';
    /** Throws what the disk says. */
    write(places: Places): void;
  };
  readonly count: (name: string, result: Delivery) => void;
  readonly log: Log;
  readonly timing?: DeliverTiming & {
    /** Milliseconds from one writing of the places to the next: what was told since is told again after a kill. */
    readonly write?: number;
  };
}

interface Running {
  readonly webhook: Webhook;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export function createWebhooks({ source, places: kept, count, log, timing = {} }: WebhooksOptions): Webhooks {
  const running = new Map<string, Running>();
  const leaving = new Set<Promise<void>>();
  let places: Map<string, number> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isFailing = false;
  let isLost = false;
  let isStopped = false;

  /** What cannot be read is no reason to tell less. */
  function readPlaces(): Map<string, number> {
    const read = kept.read();
    isLost = read === 'damaged';
    if (isLost) log.error('how far webhooks have come cannot be read: they are told of all events again');
    return new Map(typeof read === 'object' ? read.value : []);
  }

  function moved(name: string, place: number): void {
    if (places?.get(name) === place) return;
    places?.set(name, place);
    if (timer === undefined) timer = setTimeout(write, timing.write ?? 1000).unref();
  }

  function write(): void {
    clearTimeout(timer);
    timer = undefined;
    try {
      kept.write(places ?? new Map());
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error('how far webhooks have come cannot be written', { reason: String(error) });
      isFailing = true;
    }
  }

  function start(webhook: Webhook, before: Promise<void> | undefined): Running {
    const { name } = webhook;
    const stop = new AbortController();
    const known = places?.get(name);
    const place = known ?? (isLost ? 0 : source.last());
    places?.set(name, place);
    // From where on it is told must not be lost: a daemon that is killed now would begin later.
    if (known === undefined) write();
    const run = async () => {
      // The receiver of before has its last answer first: two at once would be no order.
      await before;
      await deliver(
        {
          ...{ webhook, source, place: places?.get(name) ?? place, log, timing },
          moved: (to) => moved(name, to),
          count: (result) => count(name, result),
        },
        stop.signal,
      );
    };
    const failed = (error: unknown) =>
      log.error('a webhook is told no more, for a reason of our own', { webhook: name, reason: String(error) });
    return { webhook, stop, ended: run().catch(failed) };
  }

  function leave(name: string): Promise<void> | undefined {
    const gone = running.get(name);
    running.delete(name);
    gone?.stop.abort();
    const left = gone?.ended.finally(() => leaving.delete(left as Promise<void>));
    if (left) leaving.add(left);
    return left;
  }

  return {
    use(webhooks) {
      if (isStopped) return;
      if (webhooks.length > 0) places ??= readPlaces();
      for (const name of running.keys()) if (!webhooks.some((webhook) => webhook.name === name)) void leave(name);
      for (const webhook of webhooks) {
        const before = running.get(webhook.name);
        if (before && isSameWebhook(before.webhook, webhook)) continue;
        running.set(webhook.name, start(webhook, leave(webhook.name)));
      }
      // Who comes back later begins anew.
      const gone = [...(places?.keys() ?? [])].filter((name) => !running.has(name));
      for (const name of gone) places?.delete(name);
      if (gone.length > 0) write();
    },
    async stop() {
      isStopped = true;
      for (const name of [...running.keys()]) void leave(name);
      await Promise.all(leaving);
      if (timer !== undefined) write();
    },
  };
}

import type { Acting } from './acting.ts';
import type { Offered } from './api/routes.ts';
import type { Events } from './api/streams/stream.ts';
import type { Inquiring } from './inquiring.ts';
import type { Device } from './model/device.ts';
import type { NotifyFact } from './model/fact.ts';
import { createReading, type Reading, type ReadingOptions } from './reading.ts';
import type { TimerValues } from './sip/transaction.ts';
import { createTeller } from './tell.ts';

export interface OfferedOptions extends ReadingOptions {
  readonly events: Events;
  /** Changes of devices.yml. */
  readonly edits: Pick<Offered, 'editDevice' | 'editSettings' | 'fileTag' | 'plan'>;
  /** What verbs of the command line do as well, and what takes long. */
  readonly acts: Acting['offered'] & Inquiring['offered'];
  /** Told of each NOTIFY that somebody asked for. */
  readonly record: (fact: NotifyFact) => void;
  /** How long a silent device is waited for. */
  readonly timers?: TimerValues;
}

/** What the routes of the API are handed: each in the words of the API, from whatever knows it. */
export interface Handed extends Pick<Reading, 'loaded'> {
  readonly offered: Offered;
  /** Settles NOTIFYs that are under way. */
  stop(): Promise<void>;
}

export function createOffered({ events, edits, acts, record, timers, ...options }: OfferedOptions): Handed {
  const { current, whereabouts } = options;
  const reading = createReading(options);
  const teller = createTeller({ waysTo: whereabouts.waysTo, timers });
  const site = () => current.build()?.site;

  async function reboot(device: Device): Promise<NotifyFact | undefined> {
    const known = site();
    const fact = known && (await teller.tell(known, { device, reboot: true, cause: 'manual' }));
    if (fact) record(fact);
    return fact;
  }

  return {
    offered: {
      ...{ ...reading.offered, ...edits, ...acts, events, reboot, receivePosted: whereabouts.receive },
      isReachable(device) {
        const known = site();
        return known !== undefined && whereabouts.isReachable(device, known);
      },
    },
    loaded: reading.loaded,
    stop: teller.close,
  };
}

import type { Offered } from './api/routes.ts';
import type { Events } from './api/streams/stream.ts';
import type { Current } from './state/current.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface OfferedOptions {
  readonly current: Current;
  readonly events: Events;
  readonly whereabouts: Pick<Whereabouts, 'receive'>;
}

/** What the routes of the API are handed: each in the words of the API, from whatever knows it. */
export function createOffered({ current, events, whereabouts }: OfferedOptions): Offered {
  return {
    ...{ site: () => current.build()?.site, now: Date.now, started: Date.now(), events },
    receivePosted: whereabouts.receive,
  };
}

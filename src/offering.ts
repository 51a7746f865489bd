import { type Api, createApi } from './api/server.ts';
import type { Events } from './api/streams/stream.ts';
import type { Log } from './log.ts';
import type { ApiDoor } from './serving/http/api-door.ts';
import type { Current } from './state/current.ts';

export interface OfferingOptions {
  readonly current: Current;
  readonly events: Events;
  readonly log: Log;
}

/** What people and their programs are offered: the API, on the phones' port or on one of its own. */
export interface Offering {
  /** For the phones' port; undefined while it does not answer. */
  door(): ApiDoor | undefined;
  /** Before anybody can ask. */
  start(): Promise<void>;
  /** Ends what stands open, before the servers wait for it. */
  stop(): Promise<void>;
}

export function createOffering({ current, events, log }: OfferingOptions): Offering {
  const offered = { site: () => current.build()?.site, now: Date.now, started: Date.now(), events };
  let api: Api | undefined;
  const door: ApiDoor = {
    isOpen: () => api !== undefined,
    answer: (request, response, guest) => api?.answer(request, response, guest),
    upgrade: (request, socket, head, guest) => api?.upgrade(request, socket, head, guest),
  };
  return {
    door: () => door,
    async start() {
      const made = createApi({ offered, log });
      await made.ready();
      api = made;
    },
    stop: async () => api?.close(),
  };
}

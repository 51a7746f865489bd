import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { EventsDeps } from '../../../src/api/routes/events.ts';
import { createApi } from '../../../src/api/server.ts';
import type { Ending, Listening } from '../../../src/api/streams/stream.ts';
import { defaultApi } from '../../../src/model/api.ts';
import { createFeed } from '../../../src/state/events-feed.ts';
import { openJournal } from '../../../src/state/journal.ts';
import { linesLog, stateFolder } from '../../state/folder.ts';

export interface EventServerOptions {
  readonly folder?: string;
  readonly timing?: EventsDeps['eventTiming'];
  readonly most?: number;
  readonly journal?: object;
}

const unlimited = { ...defaultApi, limits: undefined };

/** The API with a journal of the test's own, on a port of 127.0.0.1. */
export async function eventServer({ folder = stateFolder(), timing, most = 100, ...options }: EventServerOptions = {}) {
  const { log, lines } = linesLog();
  const journal = openJournal({ folder, log, gatherMs: 1, ...options.journal });
  const endings: Ending[] = [];
  let listeners = 0;
  const listening: Listening = {
    come() {
      if (listeners >= most) return undefined;
      listeners++;
      return {
        told: () => {},
        gone(reason) {
          listeners--;
          endings.push(reason);
        },
      };
    },
  };
  const about = { extensionOf: () => '1001', addressOf: () => '192.0.2.7' };
  const feed = createFeed({ journal, about, log, everyMs: 5 });
  const api = await createApi({
    ...{ log, settings: () => unlimited, names: () => [], tokenOf: () => undefined, audit: () => {} },
    // Routes of others are not asked here.
    offered: {
      site: () => undefined,
      now: Date.now,
      started: 0,
      events: { ...feed, listening },
      eventTiming: timing,
    } as never,
  });
  const guestOf = ({ socket }: IncomingMessage) =>
    ({ address: socket.remoteAddress ?? '', protocol: 'http', isTwo: false }) as const;
  const server = createServer((request, response) => api.answer(request, response, guestOf(request)));
  server.on('upgrade', (request, socket, head) => api.upgrade(request, socket, head, guestOf(request)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      await api.close();
      await new Promise((done) => server.close(done));
      journal.close();
    })();
    return stopped;
  };
  onTestFinished(stop);
  return {
    port: (server.address() as AddressInfo).port,
    journal,
    feed,
    endings,
    lines,
    folder,
    stop,
    count: () => listeners,
  };
}

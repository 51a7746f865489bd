import { BroadcastChannel } from 'node:worker_threads';
import type { Miss } from '../access/guessing.ts';

/**
 * What the gates of all threads count of guessers, each told to the others at the end of its turn of the event loop and
 * past the main thread, which may be busy with a build: a guesser who asks many workers gets no further than one who
 * asks one, but for what they answer in such a turn.
 */
export interface Misses {
  tell(miss: Miss): void;
  close(): void;
}

export function openMisses(name: string, hear: (miss: Miss) => void): Misses {
  const channel = new BroadcastChannel(name);
  // Nobody stays alive to hear of guessers.
  channel.unref();
  let waiting: Miss[] = [];
  channel.onmessage = (event) => {
    for (const miss of (event as MessageEvent).data as readonly Miss[]) hear(miss);
  };

  function flush(): void {
    const misses = waiting;
    waiting = [];
    channel.postMessage(misses);
  }

  return {
    tell(miss) {
      if (waiting.push(miss) === 1) setImmediate(flush);
    },
    close: () => channel.close(),
  };
}

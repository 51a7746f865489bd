import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakDaemon } from './daemon.ts';
import { fetch } from './phone.ts';
import { settledDescriptors } from './proc.ts';

/** What a daemon takes at one moment. Bytes. */
export interface Sample {
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly rss: number;
  /** In use in the main thread, garbage too. */
  readonly heap: number;
  readonly descriptors: number;
}

/** Looks at a daemon while it works, and when it has come to rest. */
export interface Sampler {
  /** All samples of the time under load, once a second where it answered. */
  readonly samples: readonly Sample[];
  /** Waits until it has nothing left to do, and takes a sample that is also kept by itself. */
  rest(): Promise<Sample>;
  readonly rests: readonly Sample[];
  stop(): void;
}

export function startSampler(daemon: SoakDaemon): Sampler {
  const began = performance.now();
  const samples: Sample[] = [];
  const rests: Sample[] = [];
  const sample = async (): Promise<Sample> => {
    const metrics = String(await fetch.http({ port: daemon.http, path: '-/metrics', from: '127.5.0.1' }));
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]);
    return {
      at: performance.now() - began,
      rss: value('process_resident_memory_bytes'),
      heap: value('nodejs_heap_size_used_bytes'),
      descriptors: value('process_open_fds'),
    };
  };
  const timer = setInterval(() => {
    // Whoever is kept out by a flood comes again in a second.
    sample().then(
      (taken) => samples.push(taken),
      () => {},
    );
  }, 1000);
  return {
    samples,
    rests,
    async rest() {
      await settledDescriptors(daemon.pid);
      // The collector is lazy with who does nothing: the least of some looks is nearest to what is really kept.
      const looks: Sample[] = [];
      for (let look = 0; look < 8; look++) {
        looks.push(await sample());
        await sleep(250);
      }
      const least = (what: (sample: Sample) => number) => Math.min(...looks.map(what));
      const rest = {
        at: looks.at(-1)!.at,
        rss: least(({ rss }) => rss),
        heap: least(({ heap }) => heap),
        descriptors: least(({ descriptors }) => descriptors),
      };
      rests.push(rest);
      return rest;
    },
    stop: () => clearInterval(timer),
  };
}

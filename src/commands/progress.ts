import { Presets, SingleBar } from 'cli-progress';
import type { Console } from './command.ts';

export interface Progress {
  show(done: number, total: number): void;
  end(): void;
}

/** A bar on a terminal, for what takes over a second; nothing anywhere else. */
export function createProgress({ isTerminal }: Console, now = () => performance.now()): Progress {
  if (!isTerminal) return { show: () => {}, end: () => {} };
  const bar = new SingleBar(
    { format: '{bar} {value} of {total} devices', hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  const since = now();
  return {
    show(done, total) {
      if (now() - since < 1000) return;
      if (!bar.isActive) bar.start(total, done);
      bar.update(done);
    },
    end: () => bar.stop(),
  };
}

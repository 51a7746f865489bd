import { Presets, SingleBar } from 'cli-progress';
import type { Console } from './command.ts';

export interface Progress {
  show(done: number, total: number): void;
  /** Nothing is shown from here on. */
  end(): void;
}

/** A bar on a terminal, for what takes over a second; nothing anywhere else. */
export function createProgress({ isTerminal }: Pick<Console, 'isTerminal'>, now = () => performance.now()): Progress {
  if (!isTerminal) return { show: () => {}, end: () => {} };
  const bar = new SingleBar(
    { format: '{bar} {value} of {total} devices', hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  const since = now();
  let ended = false;
  return {
    show(done, total) {
      if (ended || now() - since < 1000) return;
      if (!bar.isActive) bar.start(total, done);
      bar.update(done);
    },
    end() {
      ended = true;
      bar.stop();
    },
  };
}

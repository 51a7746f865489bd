import type { Log } from '../../log.ts';

/** Runs a step; what it throws costs one datagram and one line in the log, never the process. */
export type Guard = (step: () => void) => void;

/** Each kind of fault is said once, up to a hundred kinds: a stranger's packets do not fill the log. */
export function createGuard(log: Pick<Log, 'error'>): Guard {
  const said = new Set<string>();
  return (step) => {
    try {
      step();
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (said.has(message) || said.size >= 100) return;
      said.add(message);
      log.error('TFTP: a fault of ours while answering a datagram', { error: message });
    }
  };
}

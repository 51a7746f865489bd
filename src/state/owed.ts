import type { Mac } from '../model/mac.ts';

/** Where it is kept who is owed a NOTIFY. */
export interface OwedRecord {
  readonly readOwed: () => OwedRow[];
  /** A reboot that is owed stays one; what was tried before does not count any more. */
  readonly owe: (devices: readonly Owing[]) => void;
  /** How far it is with some of them; those that are owed nothing are left out. */
  readonly noteOwed: (rows: readonly OwedRow[]) => void;
  readonly settle: (macs: readonly Mac[]) => void;
}

/** A device whose bytes change, and whether a changed line needs a reboot. */
export interface Owing {
  readonly mac: Mac;
  readonly reboot: boolean;
}

export interface OwedRow extends Owing {
  /** NOTIFYs that did not reach it. */
  readonly attempts: number;
  /** Not before, in milliseconds since 1970. */
  readonly due: number;
  /** A word for what it waits for. */
  readonly waits?: string;
}

export interface Owed {
  /** Before the bytes change. @throws Error when the disk does not take it: then they must not */
  add(devices: readonly Owing[]): void;
  /** Those of them to whom nothing is owed are told at `due`. @throws Error when the disk does not take it */
  remind(macs: readonly Mac[], due: number): void;
  /** Those that were added since the last question; at the first one all who were left over. Who takes them tells them. */
  take(): readonly OwedRow[];
  /** Writes down how far it is with some of those that were taken. @throws Error when the disk does not take it */
  note(rows: readonly OwedRow[]): void;
  /** They have been told, or it was tried often enough. */
  settle(macs: readonly Mac[]): void;
  /** Nobody is to be told. */
  forget(): void;
  /** Writes down what was settled. Never throws. */
  close(): void;
}

/**
 * Who must yet be told that its bytes changed. It is written down before they change and struck off when that was done, so
 * that a daemon that is killed or stopped in between tells it when it is back.
 */
export function createOwed(record: OwedRecord): Owed {
  const waiting = new Map<Mac, OwedRow>(record.readOwed().map((row) => [row.mac, row]));
  const taken = new Set<Mac>();
  const settled = new Set<Mac>();
  let flushing: NodeJS.Immediate | undefined;

  /** Many are settled at once: one transaction. What cannot be struck off is told once more after a restart. */
  function flush(): void {
    flushing = undefined;
    try {
      record.settle([...settled]);
      settled.clear();
    } catch {
      // The next one tries again.
    }
  }

  function strike(macs: Iterable<Mac>): void {
    for (const mac of macs) {
      taken.delete(mac);
      // Its bytes changed again since then: the row stands for that.
      if (!waiting.has(mac)) settled.add(mac);
    }
    if (settled.size > 0) flushing ??= setImmediate(flush);
  }

  return {
    add(devices) {
      record.owe(devices);
      for (const { mac, reboot } of devices) {
        waiting.set(mac, { mac, reboot: reboot || waiting.get(mac)?.reboot === true, attempts: 0, due: 0 });
        settled.delete(mac);
      }
    },
    remind(macs, due) {
      const rows = macs
        .filter((mac) => !waiting.has(mac) && !taken.has(mac))
        .map((mac) => ({ mac, reboot: false, attempts: 0, due }));
      record.owe(rows);
      record.noteOwed(rows);
      for (const row of rows) {
        waiting.set(row.mac, row);
        settled.delete(row.mac);
      }
    },
    take() {
      const rows = [...waiting.values()];
      waiting.clear();
      for (const { mac } of rows) taken.add(mac);
      return rows;
    },
    note(rows) {
      record.noteOwed(rows.filter(({ mac }) => !waiting.has(mac)));
    },
    settle: strike,
    forget() {
      const all = [...waiting.keys(), ...taken];
      waiting.clear();
      strike(all);
    },
    close() {
      clearImmediate(flushing);
      if (settled.size > 0) flush();
    },
  };
}

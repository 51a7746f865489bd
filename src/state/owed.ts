import type { Mac } from '../model/mac.ts';

/** Where it is kept who is owed a NOTIFY. */
export interface OwedRecord {
  readonly readOwed: () => Map<Mac, boolean>;
  /** A reboot that is owed stays one. */
  readonly owe: (devices: readonly Owing[]) => void;
  readonly settle: (macs: readonly Mac[]) => void;
}

/** A device whose bytes change, and whether a changed line needs a reboot. */
export interface Owing {
  readonly mac: Mac;
  readonly reboot: boolean;
}

export interface Owed {
  /** Before the bytes change. @throws Error when the disk does not take it: then they must not */
  add(devices: readonly Owing[]): void;
  /** Everybody whom nobody has begun to tell yet: with true for a reboot. Who takes them tells them. */
  take(): ReadonlyMap<Mac, boolean>;
  /** One that was taken has been told, or it was tried. */
  settle(mac: Mac): void;
  /** Nobody is to be told. */
  forget(): void;
  /** Writes down what was settled. Never throws. */
  close(): void;
}

/**
 * Who must yet be told that its bytes changed. It is written down before they change and struck off when that was tried, so
 * that a daemon that is killed or stopped in between tells it when it is back.
 */
export function createOwed(record: OwedRecord): Owed {
  const waiting = record.readOwed();
  const underWay = new Map<Mac, number>();
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

  function strike(mac: Mac): void {
    settled.add(mac);
    flushing ??= setImmediate(flush);
  }

  return {
    add(devices) {
      record.owe(devices);
      for (const { mac, reboot } of devices) {
        waiting.set(mac, reboot || waiting.get(mac) === true);
        settled.delete(mac);
      }
    },
    take() {
      const taken = new Map(waiting);
      waiting.clear();
      for (const mac of taken.keys()) underWay.set(mac, (underWay.get(mac) ?? 0) + 1);
      return taken;
    },
    settle(mac) {
      const left = (underWay.get(mac) ?? 1) - 1;
      if (left > 0) underWay.set(mac, left);
      else underWay.delete(mac);
      // Its bytes changed again since then: the row stands for that.
      if (left <= 0 && !waiting.has(mac)) strike(mac);
    },
    forget() {
      for (const mac of waiting.keys()) strike(mac);
      waiting.clear();
    },
    close() {
      clearImmediate(flushing);
      if (settled.size > 0) flush();
    },
  };
}

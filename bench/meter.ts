/** What a piece of work cost. Times in seconds, memory in bytes. */
export interface Cost {
  readonly wall: number;
  /** User and system time of all threads of the process, the collector's and the compiler's too. */
  readonly cpu: number;
}

export interface Memory {
  /** The most that the process ever had resident. */
  readonly rss: number;
  /** The most JavaScript heap that was in use, garbage too, looked at every 20 ms when nothing else runs. */
  readonly heap: number;
  /** The heap that is still in use after a full collection: what is kept. */
  readonly kept: number;
}

/** Adds up the cost of pieces of work; what is done between them does not count. */
export function createStopwatch(): { time<Result>(work: () => Result): Result; readonly total: Cost } {
  const total = { wall: 0, cpu: 0 };
  return {
    total,
    time(work) {
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      const result = work();
      const used = process.cpuUsage(cpu);
      total.wall += (performance.now() - wall) / 1e3;
      total.cpu += (used.user + used.system) / 1e6;
      return result;
    },
  };
}

/** The cost of one run. */
export async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const used = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / 1e3, cpu: (used.user + used.system) / 1e6 };
}

/** Watches the heap from now on; needs `--expose-gc` for what is kept. */
export function watchMemory(): () => Memory {
  let heap = 0;
  const look = () => {
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  };
  setInterval(look, 20).unref();
  return () => {
    look();
    const rss = process.resourceUsage().maxRSS * 1024;
    globalThis.gc?.();
    return { rss, heap, kept: process.memoryUsage().heapUsed };
  };
}

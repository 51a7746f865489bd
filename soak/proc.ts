import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the system says of a process and its sockets; Linux's /proc. */

export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Waits until the least number of descriptors of one second is that of the second before, and gives it. */
export async function settledDescriptors(pid: number): Promise<number> {
  let before = Number.NaN;
  for (;;) {
    let least = Number.POSITIVE_INFINITY;
    for (let look = 0; look < 10; look++) {
      least = Math.min(least, descriptorsOf(pid));
      await sleep(100);
    }
    if (least === before) return least;
    before = least;
  }
}

/** What the descriptors stand for, and how many of each: to say what was left open. */
export function descriptorKinds(pid: number): string {
  const kinds = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`).replace(/:\[\d+\]$/, '');
    } catch {
      return 'gone';
    }
  });
  return [...Map.groupBy(kinds, (kind) => kind)].map(([kind, { length }]) => `${length} ${kind}`).join(', ');
}

/** Bytes of memory that are resident. */
export function residentOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** How many files this process may have open. */
export function descriptorLimit(): number {
  const [, limit] = /^Max open files\s+(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

export interface UdpQueue {
  /** Bytes that arrived and were not read yet, over all sockets of the port. */
  readonly waiting: number;
  /** Datagrams that had no room and were thrown away. */
  readonly dropped: number;
}

/** The receiving side of a UDP port (proc(5), /proc/net/udp: local address, queues in hexadecimal, drops last). */
export function udpQueue(port: number): UdpQueue {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const queue = { waiting: 0, dropped: 0 };
  for (const line of readFileSync('/proc/net/udp', 'utf8').split('\n')) {
    const [, local, , , queues, ...rest] = line.trim().split(/\s+/);
    if (!local?.endsWith(wanted)) continue;
    queue.waiting += Number.parseInt(queues?.split(':')[1] ?? '0', 16);
    queue.dropped += Number(rest.at(-1));
  }
  return queue;
}

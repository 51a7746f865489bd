import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A program that listens on a port of this machine. */
export interface Owner {
  readonly pid: number;
  /** Its first words. */
  readonly command: string;
}

/** `unknown`: somebody, of another user or in another container. */
export type Listener = Owner | 'unknown';

/** TCP_LISTEN, and an unconnected UDP socket, as /proc/net writes their states. */
const listening = { tcp: '0A', udp: '07' } as const;

/**
 * Who listens on a port of this machine, by /proc (proc_pid_net(5)): on Linux alone. Undefined when nobody does, or
 * nothing can be known.
 */
export function listenerOf(protocol: 'tcp' | 'udp', port: number): Listener | undefined {
  const inodes = [protocol, `${protocol}6`].flatMap((table) => socketsIn(table, { port, state: listening[protocol] }));
  if (inodes.length === 0) return undefined;
  return ownerOf(new Set(inodes.map((inode) => `socket:[${inode}]`))) ?? 'unknown';
}

function socketsIn(table: string, { port, state }: { readonly port: number; readonly state: string }): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = attempt(() => readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1)) ?? [];
  return rows.flatMap((row) => {
    const [, local = '', , st, , , , , , inode] = row.trim().split(/\s+/);
    return local.endsWith(suffix) && st === state && inode !== undefined ? [inode] : [];
  });
}

function ownerOf(sockets: ReadonlySet<string>): Owner | undefined {
  const pids = (attempt(() => readdirSync('/proc')) ?? []).filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    const open = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    return open.some((fd) => sockets.has(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? ''));
  });
  if (found === undefined) return undefined;
  const words = attempt(() => readFileSync(`/proc/${found}/cmdline`, 'utf8').split('\0')) ?? [];
  return { pid: Number(found), command: words.slice(0, 3).join(' ').trim() };
}

/** Processes and sockets go while they are looked at; those of others are not shown. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

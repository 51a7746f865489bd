import type { Peer } from './fetch.ts';
import type { Libc } from './libc.ts';
import { createMessages, formatHost, parseHost, slotSize } from './messages.ts';

/** Moves the datagrams of sockets many at a time, past `node:dgram`: half of a transfer's cost is one call per datagram. */
export interface Batch {
  /** Takes what more has come to a socket. A datagram is good for the time of the call only, then its memory is used again. */
  drain(socket: number, receive: (datagram: Buffer, from: Peer) => void): void;
  /** Memory for a packet that leaves with the next flush; undefined when it is too long. */
  place(to: Peer, length: number): Buffer | undefined;
  flush(): void;
  /** To be called before the sockets are closed: their descriptors may then be somebody else's. */
  close(): void;
}

export interface BatchOptions {
  readonly libc: Pick<Libc, 'recvmmsg' | 'sendmmsg' | 'pointerTo'>;
  /** The descriptors of the sockets, by their index. */
  readonly descriptors: readonly number[];
  /** Sends a packet that the system did not take: its send buffer is full, or it has something to say about it. */
  readonly otherwise: (to: Peer, packet: Buffer) => void;
}

/** Datagrams of one call. */
const most = 64;
/** RFC 1350 section 5 */
const ackLength = 4;
/** Calls in a row until other work has its turn. */
const rounds = 4;
/** Addresses that are remembered in both forms. */
const mostHosts = 20_000;
/** `recv(2)` */
const MSG_DONTWAIT = 0x40;

export function createBatch({ libc, descriptors, otherwise }: BatchOptions): Batch {
  const received = createMessages(libc, most);
  const waiting = createMessages(libc, most);
  const receivers: Peer[] = [];
  const lengths: number[] = [];
  const hosts = createHosts();
  /** Most of what comes are ACKs: for them nothing is made. */
  const acks = received.slots.map((slot) => slot.subarray(0, ackLength));
  let open = true;
  /** Whose packets wait. */
  let sender = 0;
  let soon = false;

  function flush(): void {
    for (let done = 0; done < receivers.length && open; ) {
      const left = receivers.length - done;
      const taken = libc.sendmmsg(descriptors[sender]!, waiting.pointerTo(done), left, MSG_DONTWAIT);
      done += Math.max(0, taken);
      if (taken > 0) continue;
      otherwise(receivers[done]!, Buffer.from(waiting.slots[done]!.subarray(0, lengths[done])));
      done++;
    }
    receivers.length = 0;
    lengths.length = 0;
  }

  function flushSoon(): void {
    soon = false;
    flush();
  }

  function take(socket: number, receive: (datagram: Buffer, from: Peer) => void): boolean {
    const count = open ? libc.recvmmsg(descriptors[socket]!, received.headers, most, MSG_DONTWAIT, null) : 0;
    for (let index = 0; index < count; index++) {
      const length = received.lengthOf(index);
      const datagram = length === ackLength ? acks[index]! : received.slots[index]!.subarray(0, length);
      receive(datagram, { address: hosts.format(received.hostOf(index)), port: received.portOf(index), socket });
    }
    return count === most;
  }

  return {
    flush,
    drain(socket, receive) {
      for (let round = 0; round < rounds && take(socket, receive); round++) flush();
      flush();
    },
    place(to, length) {
      if (length > slotSize || !open) return undefined;
      if (to.socket !== sender || receivers.length === most) flush();
      sender = to.socket;
      const index = receivers.push(to) - 1;
      lengths.push(length);
      waiting.address(index, { host: hosts.parse(to.address), port: to.port, length });
      // What is sent outside of a drain, after the disk was waited for, say, is not forgotten.
      if (!soon) setImmediate(flushSoon);
      soon = true;
      return waiting.slots[index]!;
    },
    close() {
      flush();
      open = false;
    },
  };
}

/** Addresses as text, each made once, so that a table finds them by their remembered hash. */
function createHosts(): { format(host: number): string; parse(address: string): number } {
  const texts = new Map<number, string>();
  const numbers = new Map<string, number>();
  const learn = (host: number, text: string) => {
    if (texts.size >= mostHosts) {
      texts.clear();
      numbers.clear();
    }
    texts.set(host, text);
    numbers.set(text, host);
    return { host, text };
  };
  return {
    format: (host) => texts.get(host) ?? learn(host, formatHost(host)).text,
    parse: (address) => numbers.get(address) ?? learn(parseHost(address), address).host,
  };
}

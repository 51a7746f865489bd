import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createFramer } from '../sip/frame.ts';
import type { Address } from '../sip/notify-request.ts';
import type { Hop } from './way.ts';

/** The TCP and TLS side: a connection for each hop, opened when it is first needed and kept for a while. */
export interface Streams {
  /** Connects, and says where answers come to. Rejects with the system's error. */
  localFor(hop: Hop): Promise<Address>;
  /** `failed` is told, too, when the connection ends before anybody closes it. */
  send(bytes: Uint8Array, hop: Hop, failed: (error: Error) => void): void;
  close(): void;
}

export interface StreamsOptions {
  readonly localAddress?: string;
  readonly receive: (message: Uint8Array, from: string) => void;
  /** Milliseconds that a connection is waited for. */
  readonly patience: number;
}

/** Milliseconds that a connection without use is kept: a challenge is answered on the same one. */
const idleFor = 30_000;
/** At a time; who is beyond waits for nobody, and is unreachable. */
const most = 4_096;

interface Open {
  readonly socket: Socket;
  readonly ready: Promise<Address>;
  readonly waiting: Set<(error: Error) => void>;
}

export function createStreams({ localAddress, receive, patience }: StreamsOptions): Streams {
  const opened = new Map<string, Open>();

  function open(hop: Hop): Open {
    const key = keyOf(hop);
    const known = opened.get(key);
    if (known) return known;
    if (opened.size >= most) throw new Error('too many connections are open');
    const socket = connect(hop, localAddress);
    const { promise, resolve, reject } = Promise.withResolvers<Address>();
    const made: Open = { socket, ready: promise, waiting: new Set() };
    promise.catch(() => {});
    opened.set(key, made);
    const end = (error: Error) => {
      if (opened.get(key) === made) opened.delete(key);
      socket.destroy();
      reject(error);
      for (const failed of made.waiting) failed(error);
      made.waiting.clear();
    };
    const framer = createFramer();
    socket.setTimeout(patience, () =>
      end(socket.connecting ? coded('ETIMEDOUT') : new Error('the connection was idle')),
    );
    socket.once(hop.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.setTimeout(idleFor);
      resolve({ address: socket.localAddress ?? '', port: socket.localPort ?? 0 });
    });
    socket.on('data', (bytes: Buffer) => {
      const fault = framer.push(bytes, (message) => receive(message, hop.address));
      if (fault !== undefined) end(new Error(fault));
    });
    socket.on('error', end);
    socket.on('close', () => end(coded('ECONNRESET')));
    return made;
  }

  return {
    localFor: async (hop) => open(hop).ready,
    send(bytes, hop, failed) {
      try {
        const { socket, waiting } = open(hop);
        waiting.add(failed);
        socket.write(bytes);
      } catch (error) {
        queueMicrotask(() => failed(error as Error));
      }
    },
    close() {
      for (const { socket } of opened.values()) socket.destroy();
      opened.clear();
    },
  };
}

const keyOf = ({ address, port, transport, name = '' }: Hop): string => `${transport} ${address} ${port} ${name}`;

const coded = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

function connect({ address, port, transport, name }: Hop, localAddress: string | undefined): Socket {
  const own = localAddress !== undefined && isIP(localAddress) === isIP(address) ? { localAddress } : {};
  if (transport !== 'tls') return connectTcp({ host: address, port, noDelay: true, ...own });
  const servername = name !== undefined && isIP(name) === 0 ? name : undefined;
  return connectTls({ host: address, port, servername, rejectUnauthorized: name !== undefined, ...own });
}

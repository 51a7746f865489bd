import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Lookup } from '../served.ts';
import type { Peer } from './fetch.ts';
import { createGuard, type Guard } from './guard.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createProtocol } from './protocol.ts';
import { bindSocket, type Place, receiveBufferSentence, resolveHost } from './sockets.ts';
import { createTicking } from './ticking.ts';
import { createWire } from './wire.ts';

export interface TftpServerOptions {
  /** Address, or name, to listen on: `0.0.0.0`, or `::` for IPv6 and IPv4 together. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly lookup: Lookup;
  /** Gets one fact for every transfer, when it is over, and for every refusal. */
  readonly record: (fact: FetchFact) => void;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
  /**
   * Where answers come from. `port`: the port that was asked, which goes through firewalls and costs least. `pool`: a
   * port of their own (RFC 1350 section 4), one of `poolSize` that are bound at the start.
   */
  readonly tid?: 'port' | 'pool';
  readonly poolSize?: number;
  /** For several servers on one port, each in a thread of its own. */
  readonly reusePort?: boolean;
  /** Bytes to ask the kernel for. */
  readonly receiveBuffer?: number;
}

export interface TftpServer {
  /** Rejects with a sentence, and its remedy, when the port cannot be bound. */
  start(): Promise<{ address: string; port: number }>;
  /** Takes no new requests, lets transfers under way finish within the grace time, closes. */
  stop(): Promise<void>;
}

/** A read-only TFTP server: RFC 1350, 2347, 2348, 2349, 7440. Nothing that arrives ends the process. */
export function createTftpServer(options: TftpServerOptions): TftpServer {
  const limits = { ...defaultLimits, ...options.limits };
  let running: Running | undefined;
  let stopped = Promise.resolve();
  return {
    async start() {
      if (running) throw new Error('the TFTP server runs already');
      const sockets = bindAll(options, await resolveHost(options.host));
      running = run(sockets, { ...options, limits });
      return sockets[0]!.address();
    },
    async stop() {
      stopped = running?.stop(limits.grace) ?? stopped;
      running = undefined;
      await stopped;
    },
  };
}

/** The port that takes requests, and after it the pool. */
function bindAll(options: TftpServerOptions, place: Place): Socket[] {
  const { port, reusePort, log, tid = 'port', poolSize = 16, receiveBuffer = 4 * 1024 * 1024 } = options;
  const sockets: Socket[] = [];
  try {
    sockets.push(bindSocket({ ...place, port, reusePort, receiveBuffer }));
    while (tid === 'pool' && sockets.length <= poolSize) sockets.push(bindSocket({ ...place, port: 0, receiveBuffer }));
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  const sentence = receiveBufferSentence(sockets[0]!.getRecvBufferSize(), receiveBuffer);
  if (sentence) log.warn(sentence);
  return sockets;
}

interface Running {
  stop(grace: number): Promise<void>;
}

function run(sockets: readonly Socket[], options: TftpServerOptions & { readonly limits: Limits }): Running {
  const { lookup, record, log, limits } = options;
  const guard = createGuard(log);
  const protocol = createProtocol({
    lookup,
    limits,
    record: (fact) => guard(() => record(fact)),
    wire: createWire(sockets),
    answerFrom: inTurn(sockets.length),
  });
  const ticking = createTicking(protocol, () => guard(protocol.turn));
  const receive = (datagram: Buffer, from: Peer) => {
    guard(() => protocol.receive(datagram, from));
    ticking.wake();
  };
  for (const [index, socket] of sockets.entries()) listen(socket, { index, receive, guard });
  return {
    async stop(grace) {
      protocol.close();
      await ticking.rest(grace);
      protocol.cutOffAll('the server stopped');
      ticking.stop();
      await Promise.all(sockets.map(closeSocket));
    },
  };
}

interface Listening {
  readonly index: number;
  readonly receive: (datagram: Buffer, from: Peer) => void;
  readonly guard: Guard;
}

function listen(socket: Socket, { index, receive, guard }: Listening): void {
  socket.on('message', (datagram, { address, port }) => receive(datagram, { address, port, socket: index }));
  // What the kernel reports of one datagram (ENOBUFS, say) concerns no other.
  socket.on('error', (error) =>
    guard(() => {
      throw error;
    }),
  );
}

/** Without a pool, the socket that was asked; else those of the pool, one after the other. */
function inTurn(sockets: number): (request: Peer) => number {
  let turn = 0;
  return () => (sockets === 1 ? 0 : 1 + (turn++ % (sockets - 1)));
}

async function closeSocket(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

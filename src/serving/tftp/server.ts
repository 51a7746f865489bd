import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Gate } from '../access/admission.ts';
import type { Lookup } from '../served.ts';
import type { Peer } from './fetch.ts';
import { createGuard } from './guard.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { bindPorts, type Ports, type PortsOptions } from './ports.ts';
import { createProtocol } from './protocol.ts';
import { createTicking } from './ticking.ts';
import { createWire } from './wire.ts';

export interface TftpServerOptions extends PortsOptions {
  readonly lookup: Lookup;
  /** Who may fetch what; without one, everybody everything. */
  readonly gate?: Gate;
  /** Gets one fact for every transfer, when it is over, and for every refusal. */
  readonly record: (fact: FetchFact) => void;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
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
      const ports = await bindPorts(options);
      running = run(ports, { ...options, limits });
      return ports.sockets[0]!.address();
    },
    async stop() {
      stopped = running?.stop(limits.grace) ?? stopped;
      running = undefined;
      await stopped;
    },
  };
}

interface Running {
  stop(grace: number): Promise<void>;
}

function run({ sockets, batch }: Ports, options: TftpServerOptions & { readonly limits: Limits }): Running {
  const { lookup, gate, record, log, limits } = options;
  const guard = createGuard(log);
  const protocol = createProtocol({
    ...{ lookup, gate, limits },
    record: (fact) => guard(() => record(fact)),
    wire: createWire(sockets, batch),
    answerFrom: inTurn(sockets.length),
  });
  const ticking = createTicking(protocol, () => guard(protocol.turn));
  const receive = (datagram: Buffer, from: Peer) => guard(() => protocol.receive(datagram, from));
  for (const [index, socket] of sockets.entries()) {
    socket.on('message', (datagram, { address, port }) => {
      receive(datagram, { address, port, socket: index });
      batch?.drain(index, receive);
      ticking.wake();
    });
    // What the kernel reports of one datagram (ENOBUFS, say) concerns no other.
    socket.on('error', (error) => guard(() => raise(error)));
  }
  return {
    async stop(grace) {
      protocol.close();
      await ticking.rest(grace);
      protocol.cutOffAll('the server stopped');
      ticking.stop();
      batch?.close();
      await Promise.all(sockets.map(closeSocket));
    },
  };
}

function raise(error: Error): never {
  throw error;
}

/** With one socket it is the one that was asked; else the others answer, one after the other. */
function inTurn(sockets: number): (request: Peer) => number {
  let turn = 0;
  return () => (sockets === 1 ? 0 : 1 + (turn++ % (sockets - 1)));
}

async function closeSocket(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

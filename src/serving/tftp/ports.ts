import type { Socket } from 'node:dgram';
import type { Log } from '../../log.ts';
import { type Batch, createBatch } from './batch.ts';
import { type Libc, loadLibc } from './libc.ts';
import { type Bound, bind, receiveBufferSentence, resolveHost } from './sockets.ts';

export interface PortsOptions {
  /** Address, or name, to listen on: `0.0.0.0`, or `::` for IPv6 and IPv4 together. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly log: Pick<Log, 'warn'>;
  /**
   * Ports that answers come from, each transfer from one of them in turn, as RFC 1350 section 4 has it; 0 is any that is
   * free. None: from the port that was asked, which goes through firewalls and costs least.
   */
  readonly answerPorts?: readonly number[];
  /** For several servers on one port, each in a thread of its own. */
  readonly reusePort?: boolean;
  /** Bytes to ask the kernel for. */
  readonly receiveBuffer?: number;
  /** Moves many datagrams with one call, where system and Node can; says so where they cannot. */
  readonly batched?: boolean;
}

export interface Ports {
  /** The one that takes requests, and after it those that answer. */
  readonly sockets: readonly Socket[];
  readonly batch?: Batch;
}

const notBatched =
  'batched UDP was asked for and is not to be had: it wants Linux, an IPv4 address and Node’s FFI; ' +
  'TFTP moves one datagram at a time';

/** Binds all, or rejects with a sentence. */
export async function bindPorts(options: PortsOptions): Promise<Ports> {
  const { host, port, answerPorts = [], reusePort, receiveBuffer = 4 * 1024 * 1024, log } = options;
  const place = await resolveHost(host);
  const libc = options.batched ? await loadLibc() : undefined;
  if (options.batched && (!libc || place.family === 6)) log.warn(notBatched);
  const first = bind({ ...place, port, reusePort, receiveBuffer }, libc);
  const sentence = receiveBufferSentence(first.socket.getRecvBufferSize(), receiveBuffer);
  if (sentence) log.warn(sentence);
  const failures: unknown[] = [];
  const others = answerPorts.flatMap((answerPort): Bound[] => {
    try {
      return [bind({ ...place, port: answerPort, receiveBuffer }, libc)];
    } catch (error) {
      failures.push(error);
      return [];
    }
  });
  if (failures.length > 0 && others.length === 0) {
    first.socket.close();
    throw failures[0];
  }
  if (failures.length > 0)
    log.warn(`${failures.length} ports to answer from are left out: ${(failures[0] as Error).message}`);
  const bound = [first, ...others];
  return { sockets: bound.map(({ socket }) => socket), batch: libc && batchOf(bound, libc) };
}

/** What the system does not take of a batch goes the ordinary way, which waits for room. */
function batchOf(bound: readonly Bound[], libc: Libc): Batch {
  return createBatch({
    libc,
    descriptors: bound.map(({ descriptor }) => descriptor ?? -1),
    otherwise({ socket, port, address }, packet) {
      try {
        bound[socket]!.socket.send(packet, port, address);
      } catch {
        // Lost, as any packet may be.
      }
    },
  });
}

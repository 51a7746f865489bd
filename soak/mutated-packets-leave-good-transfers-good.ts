import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../test/support/random.ts';
import { goodHttp, goodTftp } from './good-packets.ts';
import { createMutator } from './mutate.ts';
import { createFindings, type Outcome } from './outcome.ts';
import { udpQueue } from './proc.ts';
import { checkDaemon, checkPhones, type Target } from './target.ts';

const sentence = 'mutated packets leave good transfers good';

export interface MutatedOptions {
  readonly packets: number;
  readonly seed: number;
  /** Packets between two looks at good phones. */
  readonly batch?: number;
  /** No further batch is begun after it, in milliseconds of `performance.now`. */
  readonly until?: number;
}

/** One packet in five goes to the HTTP server, some on one connection; the others are datagrams of TFTP. */
export async function mutatedPacketsLeaveGoodTransfersGood(target: Target, options: MutatedOptions): Promise<Outcome> {
  const { packets, seed, batch = 10_000, until = Number.POSITIVE_INFINITY } = options;
  const { daemon, site } = target;
  const findings = createFindings();
  const random = createRandom(seed);
  const names = [...site.filesOf(0).keys()].slice(0, 12);
  const attack = {
    random,
    tftp: { port: daemon.tftp, mutated: createMutator(goodTftp(names), random) },
    http: { port: daemon.http, mutated: createMutator(goodHttp(names), random) },
  };
  const figures = { packets: 0, 'good transfers': 0, 'datagrams answered': 0, 'datagrams that the kernel dropped': 0 };
  const dropped = udpQueue(daemon.tftp).dropped;
  do {
    const count = Math.min(batch, packets - figures.packets);
    const http = Math.ceil(count / 5);
    const [answered] = await Promise.all([sendDatagrams(attack, count - http), sendStreams(attack, http)]);
    figures.packets += count;
    figures['datagrams answered'] += answered;
    const when = `after ${figures.packets} packets of seed ${seed}`;
    figures['good transfers'] += await checkPhones(target, { findings, random, count: 2, when });
    checkDaemon(target, { findings, when, borne: overload });
  } while (figures.packets < packets && performance.now() < until && daemon.ended() === undefined);
  figures['datagrams that the kernel dropped'] = udpQueue(daemon.tftp).dropped - dropped;
  return findings.outcome(sentence, figures);
}

/** That there are more connections or transfers than it bears may be said. */
const overload = / warn /;

interface Attack {
  readonly random: () => number;
  readonly tftp: Way;
  readonly http: Way;
}

interface Way {
  readonly port: number;
  readonly mutated: () => Buffer;
}

const attacker = (random: () => number) => `127.66.${Math.floor(random() * 250)}.${1 + Math.floor(random() * 250)}`;

const sockets = 16;
/** Datagrams between two looks at what waits in the kernel, and bytes that may wait: all of them are to be read. */
const burst = 100;
const mostWaiting = 150_000;

/** Gives how many answers came. */
async function sendDatagrams({ tftp, random }: Attack, count: number): Promise<number> {
  let answers = 0;
  const open = async (): Promise<Socket> => {
    const socket = createSocket('udp4');
    socket.on('message', () => answers++);
    socket.on('error', () => {});
    socket.bind(0, attacker(random));
    await once(socket, 'listening');
    return socket;
  };
  const from = await Promise.all(Array.from({ length: sockets }, open));
  for (let sent = 0; sent < count; sent++) {
    from[Math.floor(random() * sockets)]!.send(tftp.mutated(), tftp.port, '127.0.0.1');
    if (sent % burst === burst - 1) await room(tftp.port);
  }
  await room(tftp.port, 1);
  for (const socket of from) socket.close();
  return answers;
}

async function room(port: number, below = mostWaiting): Promise<void> {
  const end = performance.now() + 10_000;
  do await sleep(1);
  while (udpQueue(port).waiting >= below && performance.now() < end);
}

const atOnce = 32;

async function sendStreams(attack: Attack, count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left > 0) {
      const pieces = Math.min(left, 1 + Math.floor(attack.random() * 8));
      left -= pieces;
      await sendStream(attack, pieces);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** Pieces on one connection, each by itself; then it is closed, or broken off, or left to the server for a while. */
function sendStream({ http, random }: Attack, pieces: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect({ port: http.port, host: '127.0.0.1', localAddress: attacker(random), noDelay: true });
  const packets = Array.from({ length: pieces }, http.mutated);
  const ending = random();
  // `resetAndDestroy` waits for what is still to be written, and sometimes for ever.
  const giveUp = setTimeout(() => socket.destroy(), 200);
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(giveUp);
    resolve();
  });
  socket.on('connect', async () => {
    for (const packet of packets) {
      if (!socket.writable) break;
      socket.write(packet);
      await sleep(0);
    }
    if (ending < 0.3) socket.resetAndDestroy();
    else if (ending < 0.8) socket.end();
  });
  socket.resume();
  return promise;
}

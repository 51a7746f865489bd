import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { type Option, parsePacket, writeAck, writeRequest } from '../src/tftp/packet.ts';
import { createModelClient } from '../test/support/tftp-model-client.ts';

/** A well-behaved phone: what it gets is what the server gives to everybody. */
export interface Ask {
  readonly port: number;
  readonly path: string;
  /** Address to ask from, of 127.0.0.0/8. */
  readonly from?: string;
  /** Milliseconds until it gives up. */
  readonly patience?: number;
  /** Of TFTP. */
  readonly options?: Readonly<Record<string, number>>;
}

export type Protocol = 'http' | 'tftp';

/** Rejects with the status, the ERROR, or what went wrong on the way. */
export const fetch: Readonly<Record<Protocol, (ask: Ask) => Promise<Buffer>>> = { http: fetchHttp, tftp: fetchTftp };

const host = '127.0.0.1';

function fetchHttp({ port, path, from, patience = 30_000 }: Ask): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const signal = AbortSignal.timeout(patience);
  const asked = request({ host, port, path: `/${path}`, localAddress: from, agent: false, signal });
  asked.on('error', reject);
  asked.on('response', async (response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      if (response.statusCode === 200) resolve(Buffer.concat(chunks));
      else reject(new Error(`status ${response.statusCode}`));
    } catch (error) {
      reject(error);
    }
  });
  asked.end();
  return promise;
}

const plain = { blockSize: 512, windowSize: 1, answersRepeats: true, answersGaps: true };

/** Asks again after a second of silence, as phones do. */
function fetchTftp({ port, path, from = host, patience = 30_000, options = {} }: Ask): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket('udp4');
  const asked = Object.entries(options).map(([name, value]): Option => [name, String(value)]);
  let last = { packet: writeRequest({ method: 'RRQ', path, mode: 'octet', options: asked }), to: port };
  let client = createModelClient(plain);
  let [agreed, over] = [false, false];
  const send = () => socket.send(last.packet, last.to, host);
  const again = setInterval(send, 1000);
  const end = (settle: () => void) => {
    if (over) return;
    over = true;
    clearInterval(again);
    clearTimeout(giveUp);
    socket.close();
    settle();
  };
  const giveUp = setTimeout(() => end(() => reject(new Error(`no answer for ${patience / 1000} s`))), patience);
  socket.on('error', (error) => end(() => reject(error)));
  socket.on('message', (datagram, { port: to }) => {
    const packet = parsePacket(datagram);
    if (packet.kind === 'error') return end(() => reject(new Error(`ERROR ${packet.code} ${packet.message}`)));
    if (packet.kind === 'oack' && !agreed) client = createModelClient({ ...plain, ...agreedIn(packet.options) });
    agreed = true;
    const block = packet.kind === 'data' ? client.data(packet.block, packet.bytes) : client.oack();
    if (block === undefined) return;
    last = { packet: writeAck(block), to };
    if (!client.done()) return send();
    socket.send(last.packet, to, host, () => end(() => resolve(client.bytes())));
  });
  socket.bind(0, from, send);
  return promise;
}

function agreedIn(options: readonly Option[]): { blockSize?: number; windowSize?: number } {
  const { blksize, windowsize } = Object.fromEntries(options);
  return { ...(blksize && { blockSize: Number(blksize) }), ...(windowsize && { windowSize: Number(windowsize) }) };
}

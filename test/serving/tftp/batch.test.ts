import { expect, onTestFinished, test } from 'vitest';
import { createBatch } from '../../../src/serving/tftp/batch.ts';
import type { Peer } from '../../../src/serving/tftp/fetch.ts';
import { type Libc, loadLibc } from '../../../src/serving/tftp/libc.ts';
import { createMessages, formatHost, parseHost } from '../../../src/serving/tftp/messages.ts';
import { bind } from '../../../src/serving/tftp/sockets.ts';
import { openUdp } from '../../support/udp-socket.ts';

const known = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
const here = { address: '127.0.0.1', family: 4, port: 0, receiveBuffer: 1_000_000 } as const;

test('an address is the same number in both directions', () => {
  for (const address of ['0.0.0.0', '127.0.0.1', '192.0.2.255', '255.255.255.255'])
    expect(formatHost(parseHost(address))).toBe(address);
});

test.skipIf(!known)('this Node knows the C library (needs Linux on x64 or arm64)', async () => {
  expect(await loadLibc()).toBeDefined();
});

test.skipIf(!known)('many datagrams are taken at once, each with its bytes and its sender', async () => {
  const { batch, sockets, port } = await open();
  const clients = [openUdp(), openUdp()];
  onTestFinished(() => clients.forEach((client) => void client.close()));
  const seen: { bytes: Buffer; from: Peer }[] = [];
  let batched = 0;
  // As the server does it: the first wakes the event loop, the others are there already.
  sockets[0]!.on('message', (bytes, { address, port }) => {
    seen.push({ bytes, from: { address, port, socket: 0 } });
    batch.drain(0, (datagram, from) => {
      batched++;
      seen.push({ bytes: Buffer.from(datagram), from });
    });
  });
  const sent = Array.from({ length: 300 }, (_, index) => Buffer.alloc(index % 5, index));
  for (const [index, packet] of sent.entries()) clients[index % 2]!.send(packet, port);
  await expect.poll(() => seen.length).toBe(sent.length);
  expect(seen.map(({ bytes }) => bytes)).toEqual(sent);
  const senders = sent.map((_, index) => ({ address: '127.0.0.1', port: clients[index % 2]!.port, socket: 0 }));
  expect(seen.map(({ from }) => from)).toEqual(senders);
  expect(batched).toBeGreaterThan(200);
});

test.skipIf(!known)(
  'packets leave together, more of them than one call takes, from the sockets that they are placed on',
  async () => {
    const { batch, port, otherPort } = await open();
    const client = openUdp();
    onTestFinished(() => void client.close());
    for (let index = 0; index < 150; index++) {
      const to = { address: '127.0.0.1', port: client.port, socket: index % 3 === 0 ? 1 : 0 };
      batch.place(to, 2)!.writeUInt16BE(index);
    }
    batch.flush();
    const received = [];
    for (let index = 0; index < 150; index++) received.push(await client.next());
    expect(received.map(({ packet }) => packet.readUInt16BE())).toEqual([...Array(150).keys()]);
    expect(received.every((each, index) => each.port === (index % 3 === 0 ? otherPort : port))).toBe(true);
  },
);

test.skipIf(!known)('a packet that is placed outside of a drain leaves by itself', async () => {
  const { batch } = await open();
  const client = openUdp();
  onTestFinished(() => void client.close());
  batch.place({ address: '127.0.0.1', port: client.port, socket: 0 }, 1)![0] = 7;
  expect((await client.next()).packet).toEqual(Buffer.from([7]));
});

test.skipIf(!known)('what is too long for the memory, or comes after the end, is not placed', async () => {
  const { batch } = await open();
  const to = { address: '127.0.0.1', port: 9, socket: 0 };
  expect(batch.place(to, 2048)).toHaveLength(2048);
  expect(batch.place(to, 2049)).toBeUndefined();
  batch.close();
  expect(batch.place(to, 1)).toBeUndefined();
  batch.drain(0, () => expect.unreachable());
});

test('packets that the system does not take go the other way, each once, and the others leave', () => {
  const handed: string[] = [];
  const taken: number[] = [];
  const results = [2, -1, 1, -1, -1];
  const libc = {
    pointerTo: () => 0n,
    recvmmsg: () => -1,
    sendmmsg: (_fd: number, at: bigint) => {
      const result = results.shift() ?? -1;
      for (let index = 0; index < result; index++) taken.push(Number(at) / 64 + index);
      return result;
    },
  };
  const otherwise = (_to: Peer, packet: Buffer) => void handed.push(packet.toString());
  const batch = createBatch({ libc, descriptors: [3], otherwise });
  for (const text of ['a', 'b', 'c', 'd', 'e', 'f'])
    batch.place({ address: '127.0.0.1', port: 9, socket: 0 }, 1)!.write(text);
  batch.flush();
  expect(taken).toEqual([0, 1, 3]);
  expect(handed).toEqual(['c', 'e', 'f']);
  batch.flush();
  expect(handed).toHaveLength(3);
});

test('each datagram has its own memory, header and address', () => {
  const libc: Pick<Libc, 'pointerTo'> = { pointerTo: () => 4096n };
  const messages = createMessages(libc, 3);
  expect(messages.slots.map(({ length }) => length)).toEqual([2048, 2048, 2048]);
  expect([0, 1, 2].map((index) => Number(messages.pointerTo(index)))).toEqual([4096, 4160, 4224]);
  messages.address(1, { host: parseHost('192.0.2.1'), port: 69, length: 5 });
  expect([messages.hostOf(1), messages.portOf(1)].map(String)).toEqual([String(parseHost('192.0.2.1')), '69']);
  expect(messages.portOf(0) + messages.portOf(2)).toBe(0);
});

async function open() {
  const libc = (await loadLibc())!;
  const bound = [bind(here, libc), bind(here, libc)];
  const sockets = bound.map(({ socket }) => socket);
  const descriptors = bound.map(({ descriptor }) => descriptor!);
  const batch = createBatch({ libc, descriptors, otherwise: () => expect.unreachable() });
  onTestFinished(() => {
    batch.close();
    for (const socket of sockets) socket.close();
  });
  const [port, otherPort] = sockets.map((socket) => socket.address().port) as [number, number];
  return { batch, sockets, port, otherPort };
}

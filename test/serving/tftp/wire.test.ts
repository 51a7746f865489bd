import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { bindSocket } from '../../../src/serving/tftp/sockets.ts';
import { createWire } from '../../../src/serving/tftp/wire.ts';
import { openUdp } from '../../support/udp-socket.ts';

const here = { address: '127.0.0.1', family: 4, port: 0, receiveBuffer: 65_536 } as const;

test('a DATA packet is the header and the bytes, with the block number rolled over', async () => {
  const [socket, client] = [bindSocket(here), openUdp()];
  onTestFinished(() => {
    socket.close();
    client.close();
  });
  const to = { address: '127.0.0.1', port: client.port, socket: 0 };
  const wire = createWire([socket]);
  wire.data(to, { block: 65_537, bytes: Buffer.from('ab') });
  wire.data(to, { block: 2, bytes: Buffer.alloc(0) });
  expect((await client.next()).packet).toEqual(Buffer.from([0, 3, 0, 1, 0x61, 0x62]));
  expect((await client.next()).packet).toEqual(Buffer.from([0, 3, 0, 2]));
});

test('a packet that waits in the queue of a full socket keeps what it says', () => {
  const queued: Buffer[] = [];
  const send = (packet: Buffer) => void queued.push(packet);
  const full = { send, getSendQueueCount: () => queued.length } as unknown as ReturnType<typeof createSocket>;
  const wire = createWire([full]);
  for (const block of [1, 2, 3])
    wire.data({ address: '127.0.0.1', port: 9, socket: 0 }, { block, bytes: Buffer.from([block]) });
  expect(queued).toEqual([1, 2, 3].map((block) => Buffer.from([0, 3, 0, block, block])));
});

test('what the network refuses is told to who asks, and throws nothing', async () => {
  const socket = bindSocket(here);
  onTestFinished(() => void socket.close());
  const wire = createWire([socket]);
  const broadcast = { address: '255.255.255.255', port: 69, socket: 0 };
  wire.send(broadcast, Buffer.alloc(4));
  const failure = await new Promise<NodeJS.ErrnoException>((resolve) => wire.send(broadcast, Buffer.alloc(4), resolve));
  expect(failure.code).toMatch(/^E(ACCES|INVAL|NETUNREACH)$/);
  const tooLarge = { block: 1, bytes: Buffer.alloc(70_000) };
  const refused = await new Promise<NodeJS.ErrnoException>((resolve) =>
    wire.data({ address: '127.0.0.1', port: 9, socket: 0 }, tooLarge, resolve),
  );
  expect(refused.code).toBe('EMSGSIZE');
});

test('a socket that is closed already takes nothing, and throws nothing', async () => {
  const socket = createSocket('udp4');
  socket.close();
  const to = { address: '127.0.0.1', port: 9, socket: 0 };
  const failure = await new Promise<NodeJS.ErrnoException>((resolve) =>
    createWire([socket]).send(to, Buffer.alloc(4), resolve),
  );
  expect(failure.code).toBe('ERR_SOCKET_DGRAM_NOT_RUNNING');
  expect(() => createWire([socket]).data(to, { block: 1, bytes: Buffer.alloc(1) })).not.toThrow();
});

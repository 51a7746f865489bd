import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readTftp } from '../../src/doctor/tftp-read.ts';
import { opcodes, parsePacket, writeData, writeError, writeOack } from '../../src/tftp/packet.ts';

/** A server that does whatever it likes with each datagram. */
async function server(answer: (datagram: Buffer, from: RemoteInfo, socket: Socket) => void): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  socket.on('message', (datagram, from) => answer(datagram, from, socket));
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket.address().port;
}

const ask = (port: number, more = {}) =>
  readTftp({ address: '127.0.0.1', port, path: 'a.cfg', options: [], patience: 100, ...more });

test('reads a file of several blocks, from a transfer ID of its own, over blocks that come twice', async () => {
  const bytes = Buffer.from(Array.from({ length: 1300 }, (_, index) => index % 251));
  const transfer = createSocket('udp4').bind(0, '127.0.0.1');
  await once(transfer, 'listening');
  onTestFinished(() => void transfer.close());
  const send = (block: number, from: RemoteInfo) => {
    const packet = writeData(block, bytes.subarray((block - 1) * 512, block * 512));
    for (let twice = 0; twice < 2; twice++) transfer.send(packet, from.port, from.address);
  };
  transfer.on('message', (datagram, from) => {
    const packet = parsePacket(datagram);
    if (packet.kind === 'ack' && packet.block < 3) send(packet.block + 1, from);
  });
  const port = await server((_, from) => send(1, from));
  expect(await ask(port, { patience: 1000 })).toEqual({ kind: 'whole', bytes });
});

test('takes the block size that the server agrees to, and the mark goes with the request', async () => {
  const seen: unknown[] = [];
  const port = await server((datagram, from, socket) => {
    const packet = parsePacket(datagram);
    const reply = (bytes: Buffer) => socket.send(bytes, from.port, from.address);
    if (packet.kind === 'request') {
      seen.push(packet.options);
      reply(writeOack([['blksize', '1024']]));
    } else if (packet.kind === 'ack' && packet.block < 2)
      reply(writeData(packet.block + 1, Buffer.alloc(packet.block ? 10 : 1024)));
  });
  const options = [
    ['blksize', '1468'],
    ['x', '1'],
  ] as const;
  expect(await ask(port, { options, patience: 1000 })).toMatchObject({ kind: 'whole', bytes: Buffer.alloc(1034) });
  expect(seen).toEqual([options]);
});

test('says what the server refused, that it went silent, and that nobody is there', async () => {
  const refusing = await server((_, from, socket) => socket.send(writeError('not-found'), from.port, from.address));
  expect(await ask(refusing, { patience: 1000 })).toEqual({ kind: 'refused', code: 1, message: 'File not found' });
  const agreeing = await server((datagram, from, socket) => {
    if (parsePacket(datagram).kind === 'request')
      socket.send(writeOack([['blksize', '1468']]), from.port, from.address);
  });
  expect(await ask(agreeing)).toEqual({ kind: 'silent', heard: true, bytes: 0 });
  expect(await ask(await server(() => {}))).toEqual({ kind: 'silent', heard: false, bytes: 0 });
});

test('comes to an end whatever a server sends', async () => {
  const datagram = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc
      .record({ opcode: fc.constantFrom(...Object.values(opcodes)), rest: fc.uint8Array({ maxLength: 520 }) })
      .map(({ opcode, rest }) => Uint8Array.from([0, opcode, ...rest])),
  );
  let replies: Uint8Array[] = [];
  const port = await server((_, from, socket) => {
    for (const reply of replies.splice(0)) socket.send(reply, from.port, from.address);
  });
  await fc.assert(
    fc.asyncProperty(fc.array(datagram, { maxLength: 4 }), async (made) => {
      replies = [...made];
      const { kind } = await ask(port, { tries: 1, patience: 10 });
      expect(['whole', 'refused', 'silent']).toContain(kind);
    }),
    { numRuns: 60 },
  );
});

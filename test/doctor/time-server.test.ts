import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { askTime } from '../../src/doctor/time-server.ts';
import { clockFindings } from '../../src/examination/around.ts';
import type { Site } from '../../src/model/site.ts';

/** Answers as RFC 4330 section 5 has it: the client's time, and ours twice. */
async function timeServer(answer: (request: Buffer) => Buffer | undefined): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  socket.on('message', (request, { port, address }) => {
    const reply = answer(request);
    if (reply) socket.send(reply, port, address);
  });
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket.address().port;
}

/** Recorded from a server of stratum 2: leap 0, version 4, mode 4, then the fields that it fills. */
function replyTo(request: Buffer, at: number): Buffer {
  const reply = Buffer.alloc(48);
  reply.set([0x24, 2, 6, 0xe9]);
  request.copy(reply, 24, 40, 48);
  for (const field of [32, 40]) {
    reply.writeUInt32BE(Math.floor(at / 1000) + 2_208_988_800, field);
    reply.writeUInt32BE(Math.floor(((at % 1000) / 1000) * 2 ** 32), field + 4);
  }
  return reply;
}

test('a time server says by how much this clock is ahead', async () => {
  const port = await timeServer((request) => replyTo(request, Date.now() - 90_000));
  const ahead = await askTime('127.0.0.1', { port });
  expect(ahead).toBeTypeOf('number');
  expect(Math.abs(Number(ahead) - 90_000)).toBeLessThan(30_000);
});

test('one that does not know, is silent, or talks nonsense is said so', async () => {
  const ignorant = await timeServer((request) => {
    const reply = replyTo(request, Date.now());
    reply.fill(0, 40);
    return reply;
  });
  expect(await askTime('127.0.0.1', { port: ignorant })).toBe('it does not know the time itself');
  expect(await askTime('127.0.0.1', { port: await timeServer(() => undefined), patience: 50 })).toBe('no answer');
  expect(await askTime('no.such.name.invalid', { patience: 20_000 })).toMatch(/^E|no answer/);
  let reply = Buffer.alloc(0);
  const port = await timeServer(() => reply);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      reply = Buffer.from(bytes);
      expect(await askTime('127.0.0.1', { port, patience: 5 })).toBe('no answer');
    }),
    { numRuns: 20 },
  );
});

test('a clock that is wrong by itself, or by what phones ask, is found', async () => {
  const site = { devices: [{ settings: { ntp: ['127.0.0.1'] } }] } as unknown as Site;
  const now = Date.UTC(2026, 10, 1);
  expect(await clockFindings(site, Date.UTC(1970, 0, 2))).toMatchObject([{ id: 'clock', severity: 'error' }]);
  expect(await clockFindings(site, now, async () => -120_000)).toMatchObject([
    { id: 'clock', severity: 'warning', seen: 'this clock is 120 s behind 127.0.0.1' },
  ]);
  expect(await clockFindings(site, now, async () => 'no answer')).toMatchObject([
    { id: 'time-server', severity: 'note' },
  ]);
  expect(await clockFindings(site, now, async () => 12)).toEqual([]);
});

import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { acknowledge, begin, blockEnd, blockStart, expire, repeat } from '../../../src/serving/tftp/transfer.ts';
import { opcodes, writeAck, writeData, writeError, writeOack, writeRequest } from '../../../src/tftp/packet.ts';
import { randomBytes } from '../../support/random.ts';
import { fetchTftp } from '../../support/tftp-fetch.ts';
import { startTftpSite } from '../../support/tftp-site.ts';
import { tftpWays } from '../../support/tftp-ways.ts';
import { openUdp } from '../../support/udp-socket.ts';

const file = randomBytes(3000, 1);
const name = fc.constantFrom('phone.cfg', 'PHONE.cfg', '../../etc/passwd', 'a\0b', '', 'ä'.repeat(300), '__proto__');
const option = fc.tuple(
  fc.constantFrom('blksize', 'tsize', 'timeout', 'windowsize', 'BLKSIZE', 'multicast', ''),
  fc.oneof(fc.integer().map(String), fc.constantFrom('8', '512', '65464', '64', '0', ''), fc.string()),
);
const good = fc.oneof(
  fc
    .record({
      method: fc.constantFrom('RRQ' as const, 'WRQ' as const),
      path: name,
      mode: fc.constantFrom('octet', 'netascii', 'mail', ''),
      options: fc.array(option, { maxLength: 5 }),
    })
    .map(writeRequest),
  fc.nat(0xffff).map(writeAck),
  fc.nat(8).map(writeAck),
  fc.string().map((text) => writeError('undefined', text)),
  fc.array(option, { maxLength: 3 }).map(writeOack),
  fc.tuple(fc.nat(0xffff), fc.uint8Array()).map(([block, bytes]) => writeData(block, bytes)),
);
/** A good packet with some bytes changed and cut or filled up, or one with an opcode and noise, or noise alone. */
const bad = fc.oneof(
  fc
    .tuple(good, fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 6 }), fc.nat(700))
    .map(([packet, changes, length]) => mutate(packet, changes, length)),
  fc
    .tuple(fc.constantFrom(...Object.values(opcodes)), fc.uint8Array({ maxLength: 100 }))
    .map(([opcode, rest]) => Buffer.from([0, opcode, ...rest])),
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
);

function mutate(packet: Buffer, changes: readonly (readonly [number, number])[], length: number): Buffer {
  const copy = Buffer.from(packet);
  for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
  return length < copy.length ? copy.subarray(0, length) : copy;
}

test.each(tftpWays)('after any packets a good transfer from $way still works', async ({ options }) => {
  const site = await startTftpSite({ 'phone.cfg': file }, { ...options, limits: { perAddress: 10, grace: 0 } });
  const clients = Array.from({ length: 3 }, () => openUdp());
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await site.stop();
  });
  const packets = fc.array(fc.tuple(fc.nat(2), fc.oneof(good, bad), fc.boolean()), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(packets, async (packets) => {
      const ports = new Map<number, number>();
      for (const [index, packet, toTransfer] of packets) {
        const client = clients[index]!;
        client.send(packet, toTransfer ? (ports.get(index) ?? site.port) : site.port);
        for (const { port } of await client.after(0)) ports.set(index, port);
      }
      expect(await fetchTftp({ port: site.port, path: 'phone.cfg', options: { windowsize: 3 } })).toEqual(file);
    }),
    { numRuns: 150 },
  );
  expect(site.log).toEqual([]);
});

test('no order of ACKs, timeouts and repeated requests makes the state machine send what it must not', () => {
  const step = fc.oneof(
    fc.nat(0xffff).map((block) => ({ kind: 'ack', block })),
    fc.integer({ min: -2, max: 6 }).map((ahead) => ({ kind: 'near', block: ahead })),
    fc.constantFrom({ kind: 'expire', block: 0 }, { kind: 'repeat', block: 0 }),
  );
  const agreed = fc.record({
    blockSize: fc.integer({ min: 8, max: 1468 }),
    windowSize: fc.integer({ min: 1, max: 64 }),
    accepted: fc.constantFrom([], [['blksize', '8'] as const]),
  });
  const retry = { first: 300, most: 4000, tries: 6, farewell: 8000 };
  fc.assert(
    fc.property(agreed, fc.nat(100_000), fc.array(step, { maxLength: 200 }), (agreed, size, steps) => {
      const transfer = begin(size, agreed, retry);
      for (const { kind, block } of steps) {
        const before = transfer.acked;
        const next =
          kind === 'expire'
            ? expire(transfer)
            : kind === 'repeat'
              ? repeat(transfer)
              : acknowledge(transfer, (kind === 'near' ? transfer.acked + block : block) & 0xffff);
        if (kind === 'ack' || kind === 'near') expect(next === 'nothing').toBe(transfer.acked === before);
        expect(transfer.acked).toBeLessThanOrEqual(transfer.last);
        expect(transfer.sent).toBeLessThanOrEqual(transfer.last);
        expect(transfer.sent - transfer.acked).toBeLessThanOrEqual(Math.max(agreed.windowSize, 1));
        expect(transfer.tries).toBeLessThanOrEqual(6);
        expect(blockEnd(transfer, transfer.sent)).toBeLessThanOrEqual(size);
        expect(blockStart(transfer, transfer.sent)).toBeLessThanOrEqual(size);
        if (next === 'complete' || next === 'give-up') return;
      }
    }),
    { numRuns: 500 },
  );
});

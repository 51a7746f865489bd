import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Served } from '../../../src/serving/served.ts';
import { toNetascii } from '../../../src/serving/tftp/netascii.ts';
import { opcodeOf, opcodes } from '../../../src/serving/tftp/packet.ts';
import { randomBytes } from '../../support/random.ts';
import { fetchWith, type TftpClient, tftpClients } from '../../support/tftp-clients.ts';
import { startTftpSite } from '../../support/tftp-site.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';

const sizes = [0, 1, 511, 512, 513, 1428, 2856, 300_001];
const inMemory = Object.fromEntries(sizes.map((size) => [`${size}.cfg`, randomBytes(size, size)]));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offhook-clients-'));
});
afterAll(() => rm(folder, { recursive: true }));

const firmware = randomBytes(600_000, 4);
const travelling = (client: TftpClient, bytes: Buffer) =>
  client.asks.mode === 'netascii' ? toNetascii(bytes).length : bytes.length;

describe.each(tftpClients)('$name', (client) => {
  describe.each(['port', 'pool'] as const)('answered from the %s', (tid) => {
    test.skipIf(client.peer.missing)(
      `fetches files of every size byte for byte (${client.peer.sentence})`,
      async () => {
        const all = { ...inMemory, firmware };
        const site = await startTftpSite({ ...inMemory, firmware: await streamed('firmware', firmware) }, { tid });
        onTestFinished(site.stop);
        for (const [path, bytes] of Object.entries(all))
          expect(await fetchWith(client, { port: site.port, path }), path).toEqual(bytes);
        const facts = await site.recorded(sizes.length + 1);
        expect(facts.every(({ complete, status }) => complete && status === 200)).toBe(true);
        expect(facts.map(({ bytes }) => bytes)).toEqual(Object.values(all).map((bytes) => travelling(client, bytes)));
        expect(site.log).toEqual([]);
      },
    );
  });

  test.skipIf(client.peer.missing)(`is told that a file is not there (${client.peer.sentence})`, async () => {
    const site = await startTftpSite({});
    onTestFinished(site.stop);
    await expect(fetchWith(client, { port: site.port, path: 'nothing.cfg' })).rejects.toThrow();
    expect(await site.recorded(1)).toMatchObject([{ status: 404, complete: false, path: 'nothing.cfg', bytes: 0 }]);
  });
});

describe.concurrent('over a network that loses, doubles and reorders', () => {
  for (const client of tftpClients)
    test.skipIf(client.peer.missing)(
      `${client.name} gets every byte (${client.peer.sentence})`,
      async ({ expect, onTestFinished }) => {
        const bytes = randomBytes(40_001, 8);
        const retry = { first: 50, most: 200, tries: 8, farewell: 8000 };
        const site = await startTftpSite({ 'phone.cfg': bytes }, { limits: { retry } });
        onTestFinished(site.stop);
        // A lost request costs these clients five seconds; that they repeat it is not ours to test.
        const spares = (datagram: Buffer) => opcodeOf(datagram) === opcodes.rrq;
        const relay = await startUdpRelay(site.port, { seed: 17, lose: 0.08, double: 0.08, delay: 0.1, spares });
        onTestFinished(relay.stop);
        const asks = client.asksOfBadNetwork ?? client.asks;
        const got = await fetchWith(client, { port: relay.port, path: 'phone.cfg', asks });
        expect(got.equals(bytes)).toBe(true);
        expect(Object.values(relay.done).every((count) => count > 0)).toBe(true);
      },
    );
});

describe.concurrent('more blocks than a block number can count', () => {
  for (const client of tftpClients.filter(({ asksOfManyBlocks }) => asksOfManyBlocks))
    test.skipIf(client.peer.missing)(
      `reach ${client.name} byte for byte (${client.peer.sentence})`,
      async ({ expect, onTestFinished }) => {
        const asks = client.asksOfManyBlocks ?? {};
        const size = 66_000 * (asks.blksize ?? 512) + 3;
        const bytes = Buffer.alloc(size, randomBytes(99_991, 6));
        const site = await startTftpSite({ firmware: await streamed(`firmware of ${client.name}`, bytes) });
        onTestFinished(site.stop);
        const got = await fetchWith(client, { port: site.port, path: 'firmware', asks });
        expect(got.equals(bytes)).toBe(true);
        expect(await site.recorded(1)).toMatchObject([{ complete: true, bytes: size }]);
      },
    );
});

async function streamed(name: string, bytes: Buffer): Promise<Served> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { file: name, size: bytes.length, modified: new Date(0), open: () => open(path) };
}

import { describe, expect, onTestFinished, test } from 'vitest';
import { toNetascii } from '../../../src/serving/tftp/netascii.ts';
import { randomBytes } from '../../support/random.ts';
import { streamedFile } from '../../support/streamed-file.ts';
import { fetchWith, type TftpClient, tftpClients } from '../../support/tftp-clients.ts';
import { startTftpSite } from '../../support/tftp-site.ts';
import { mostDifferentWays } from '../../support/tftp-ways.ts';

const sizes = [0, 1, 511, 512, 513, 1428, 2856, 300_001];
const inMemory = Object.fromEntries(sizes.map((size) => [`${size}.cfg`, randomBytes(size, size)]));
const firmware = randomBytes(600_000, 4);
const everyFile = Object.entries({ ...inMemory, firmware });

const travelling = ({ asks }: TftpClient, bytes: Buffer) =>
  asks.mode === 'netascii' ? toNetascii(bytes).length : bytes.length;

describe.each(tftpClients)('$name', (client) => {
  describe.each(mostDifferentWays)('answered from $way', ({ options }) => {
    test.skipIf(client.peer.missing)(
      `fetches files of every size byte for byte (${client.peer.sentence})`,
      async () => {
        const streamed = await streamedFile(firmware);
        onTestFinished(streamed.remove);
        const site = await startTftpSite({ ...inMemory, firmware: streamed.served }, options);
        onTestFinished(site.stop);
        for (const [path, bytes] of everyFile)
          expect((await fetchWith(client, { port: site.port, path })).equals(bytes), path).toBe(true);
        const facts = await site.recorded(everyFile.length);
        expect(facts.every(({ complete, status }) => complete && status === 200)).toBe(true);
        expect(facts.map(({ bytes }) => bytes)).toEqual(everyFile.map(([, bytes]) => travelling(client, bytes)));
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

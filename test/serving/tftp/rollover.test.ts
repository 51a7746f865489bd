import { describe, test } from 'vitest';
import { randomBytes } from '../../support/random.ts';
import { streamedFile } from '../../support/streamed-file.ts';
import { fetchWith, tftpClients } from '../../support/tftp-clients.ts';
import { startTftpSite } from '../../support/tftp-site.ts';

describe.concurrent('more blocks than a block number can count', () => {
  for (const client of tftpClients.filter(({ asksOfManyBlocks }) => asksOfManyBlocks))
    test.skipIf(client.peer.missing)(
      `reach ${client.name} byte for byte (${client.peer.sentence})`,
      async ({ expect, onTestFinished }) => {
        const asks = client.asksOfManyBlocks ?? {};
        const size = 66_000 * (asks.blksize ?? 512) + 3;
        const bytes = Buffer.alloc(size, randomBytes(99_991, 6));
        const streamed = await streamedFile(bytes);
        onTestFinished(streamed.remove);
        const site = await startTftpSite({ firmware: streamed.served });
        onTestFinished(site.stop);
        const got = await fetchWith(client, { port: site.port, path: 'firmware', asks });
        expect(got.equals(bytes)).toBe(true);
        expect(await site.recorded(1)).toMatchObject([{ complete: true, bytes: size }]);
      },
    );
});

import { describe, test } from 'vitest';
import { opcodeOf, opcodes } from '../../../src/tftp/packet.ts';
import { randomBytes } from '../../support/random.ts';
import { fetchWith, tftpClients } from '../../support/tftp-clients.ts';
import { startTftpSite } from '../../support/tftp-site.ts';
import { mostDifferentWays } from '../../support/tftp-ways.ts';
import { startUdpRelay } from '../../support/udp-relay.ts';

const file = randomBytes(40_001, 8);
const retry = { first: 50, most: 200, tries: 8, farewell: 8000 };
// A lost request costs most clients five seconds; that they repeat it is not ours to test.
const spares = (datagram: Buffer) => opcodeOf(datagram) === opcodes.rrq;
const faults = { seed: 17, lose: 0.08, double: 0.08, delay: 0.1, spares };

describe.concurrent('over a network that loses, doubles and reorders', () => {
  for (const client of tftpClients)
    for (const { way, options } of mostDifferentWays)
      test.skipIf(client.peer.missing)(
        `${client.name}, answered from ${way}, gets every byte (${client.peer.sentence})`,
        async ({ expect, onTestFinished }) => {
          const site = await startTftpSite({ 'phone.cfg': file }, { ...options, limits: { retry, grace: 0 } });
          onTestFinished(site.stop);
          const relay = await startUdpRelay(site.port, faults);
          onTestFinished(relay.stop);
          const asks = client.asksOfBadNetwork ?? client.asks;
          const got = await fetchWith(client, { port: relay.port, path: 'phone.cfg', asks });
          expect(got.equals(file)).toBe(true);
          expect(Object.values(relay.done).every((count) => count > 0)).toBe(true);
        },
      );
});

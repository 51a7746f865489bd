import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acknowledge,
  begin,
  blockEnd,
  blockStart,
  expire,
  type Next,
  type Transfer,
} from '../../../src/serving/tftp/transfer.ts';
import { createRandom, randomBytes } from '../../support/random.ts';
import { createModelClient, type ModelOptions } from '../../support/tftp-model-client.ts';

type Fate = 'lose' | 'double' | 'deliver';

/** What becomes of each packet in turn, and which of those on the way comes next; after the list nothing goes wrong. */
interface Network {
  readonly fates: readonly Fate[];
  readonly order: readonly number[];
}

const schedules: fc.Arbitrary<Network> = fc.record({
  fates: fc.array(fc.constantFrom<Fate>('lose', 'double', 'deliver', 'deliver'), { maxLength: 300 }),
  order: fc.array(fc.nat(8), { maxLength: 300 }),
});

const clients = fc.record({
  blockSize: fc.constantFrom(8, 16, 64),
  windowSize: fc.constantFrom(1, 2, 3, 8, 20),
  answersRepeats: fc.boolean(),
  answersGaps: fc.boolean(),
});

describe('over a network that loses, doubles and reorders', () => {
  test('every transfer ends with the right bytes', () => {
    fc.assert(
      fc.property(clients, fc.nat(1500), schedules, (client, size, network) => {
        const file = randomBytes(size, size);
        const { bytes, end } = simulate({ file, client, network, tries: 1000 });
        expect(bytes).toEqual(file);
        expect(end).toBe('complete');
      }),
      { numRuns: 1500 },
    );
  });

  test('no transfer sends more than a window for each block', () => {
    fc.assert(
      fc.property(clients, fc.nat(1500), schedules, (client, size, network) => {
        const { sentForAcks, last } = simulate({ file: randomBytes(size, 1), client, network, tries: 1000 });
        expect(sentForAcks).toBeLessThanOrEqual((last + 1) * client.windowSize + 1);
      }),
    );
  });
});

test('across the rollover of block numbers, with faults on both sides of it', () => {
  const random = createRandom(11);
  const fate = (): Fate => (random() < 0.03 ? 'lose' : random() < 0.03 ? 'double' : 'deliver');
  const network = { fates: Array.from({ length: 400_000 }, fate), order: [] };
  const client = { blockSize: 8, windowSize: 16, answersRepeats: true, answersGaps: true };
  const file = randomBytes(66_000 * 8, 9);
  const { bytes, end } = simulate({ file, client, network, tries: 6 });
  expect(bytes.equals(file)).toBe(true);
  expect(end).toBe('complete');
});

test('with every ACK doubled, each block still goes out once', () => {
  const file = randomBytes(4_000_000, 5);
  const client = { blockSize: 1428, windowSize: 1, answersRepeats: true, answersGaps: true };
  const network: Network = { fates: Array(12_000).fill('double'), order: [] };
  const { bytes, sentForAcks, last } = simulate({ file, client, network, tries: 6, doubleOnlyAcks: true });
  expect(bytes.equals(file)).toBe(true);
  expect(sentForAcks).toBe(last);
});

interface Simulation {
  readonly file: Buffer;
  readonly client: ModelOptions;
  readonly network: Network;
  readonly tries: number;
  readonly doubleOnlyAcks?: boolean;
}

type Datagram = { to: 'client'; block: number } | { to: 'server'; ack: number };

function simulate({ file, client: options, network, tries, doubleOnlyAcks = false }: Simulation) {
  const accepted = options.windowSize > 1 ? ([['windowsize', String(options.windowSize)]] as const) : [];
  const agreed = { blockSize: options.blockSize, windowSize: options.windowSize, accepted };
  const server = begin(file.length, agreed, { first: 300, most: 4000, tries, farewell: 0 });
  const client = createModelClient(options);
  const way: Datagram[] = [];
  const fates = network.fates.values();
  const order = network.order.values();
  let end: Next = 'send';
  let sentForAcks = 0;

  function put(datagram: Datagram): void {
    const fate = doubleOnlyAcks && datagram.to === 'client' ? 'deliver' : (fates.next().value ?? 'deliver');
    for (let copies = { lose: 0, deliver: 1, double: 2 }[fate]; copies > 0; copies--) way.push(datagram);
  }

  function sendWindow(): number {
    for (let block = server.acked + 1; block <= server.sent; block++) put({ to: 'client', block });
    return server.sent - server.acked;
  }

  function bothTimeOut(): void {
    const ack = client.timeout();
    if (ack !== undefined) put({ to: 'server', ack });
    if (expire(server) === 'give-up') end = 'give-up';
    else sendWindow();
  }

  function deliver(datagram: Datagram): void {
    if (datagram.to === 'client') {
      const ack = receive(datagram.block);
      if (ack !== undefined) put({ to: 'server', ack });
    } else if (end === 'send') {
      const next = acknowledge(server, datagram.ack);
      if (next === 'send') sentForAcks += sendWindow();
      if (next === 'complete') end = next;
    }
  }

  const receive = (block: number) =>
    block === 0 ? client.oack() : client.data(block & 0xffff, file.subarray(...rangeOf(server, block)));

  sentForAcks += sendWindow();
  while (end === 'send') {
    const [datagram] = way.splice((order.next().value ?? 0) % Math.max(way.length, 1), 1);
    if (datagram) deliver(datagram);
    else bothTimeOut();
  }
  return { bytes: client.bytes(), end, sentForAcks, last: server.last };
}

const rangeOf = (transfer: Transfer, block: number): [number, number] => [
  blockStart(transfer, block),
  blockEnd(transfer, block),
];

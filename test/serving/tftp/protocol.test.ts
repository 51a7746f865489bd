import { describe, expect, test } from 'vitest';
import type { FetchFact } from '../../../src/model/fact.ts';
import { parseMac } from '../../../src/model/mac.ts';
import type { Gate } from '../../../src/serving/access/admission.ts';
import type { Lookup } from '../../../src/serving/served.ts';
import type { Failed } from '../../../src/serving/tftp/delivery.ts';
import type { Peer } from '../../../src/serving/tftp/fetch.ts';
import { defaultLimits, type Limits } from '../../../src/serving/tftp/limits.ts';
import { createProtocol } from '../../../src/serving/tftp/protocol.ts';
import { type Option, writeAck, writeError, writeOack, writeRequest } from '../../../src/tftp/packet.ts';
import { type Files, lookupIn } from '../../support/tftp-site.ts';

const phone = { address: '192.0.2.10', port: 2070, socket: 0 };
const stranger = { address: '192.0.2.66', port: 2070, socket: 0 };
const sameHostOtherPort = { ...phone, port: 2071 };
const mac = parseMac('00:15:65:12:34:56')!;
const twoBlocks = Buffer.alloc(600, 'x');

describe('a transfer', () => {
  test('is recorded with file, device, revision, bytes and duration when its last block is acknowledged', async () => {
    const bytes = Buffer.from('<xml/>');
    const served = {
      file: 'cfg0015.xml',
      size: 6,
      modified: new Date(0),
      device: mac,
      revision: 'r7',
      bytes,
    };
    const { send, sent, facts, clock } = bench({ 'CFG0015.xml': served });
    await send(rrq('CFG0015.xml'), phone);
    clock.steady += 42;
    await send(writeAck(1), phone);
    expect(sent).toEqual([data(phone, 1, '<xml/>')]);
    expect(facts).toEqual([
      {
        at: 1_700_000_000_000,
        protocol: 'tftp',
        address: '192.0.2.10',
        method: 'RRQ',
        path: 'CFG0015.xml',
        file: 'cfg0015.xml',
        device: mac,
        revision: 'r7',
        status: 200,
        bytes: 6,
        complete: true,
        duration: 42,
      },
    ]);
  });

  test('answers with an OACK and goes on when it is acknowledged', async () => {
    const { send, sent } = bench({ a: twoBlocks });
    await send(rrq('a', [['blksize', '400']]), phone);
    await send(writeAck(0), phone);
    expect(sent).toEqual([to(phone, writeOack([['blksize', '400']])), data(phone, 1, 'x'.repeat(400))]);
  });

  test('of a client that goes silent is sent six times, and recorded as cut off', async () => {
    const { send, sent, facts, turn } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    await send(writeAck(1), phone);
    turn(20_000);
    expect(sent).toHaveLength(7);
    expect(facts).toMatchObject([
      { status: 200, complete: false, bytes: 512, reason: 'the last block was not acknowledged, sent 6 times' },
    ]);
  });

  test('counts what was sent again, and for what it waited in vain', async () => {
    const { send, facts, turn } = bench({ a: Buffer.alloc(3000) });
    const window = rrq('a', [['windowsize', '4']]);
    await send(window, phone);
    await send(window, phone);
    await send(writeAck(0), phone);
    turn(700);
    await send(writeAck(4), phone);
    await send(writeAck(6), phone);
    expect(facts).toMatchObject([{ complete: true, retransmits: 5, timeouts: 1 }]);
  });

  test('that the network refuses says so in its record', async () => {
    const { send, facts, turn, refuse } = bench({ a: Buffer.alloc(5000) });
    refuse('ENETUNREACH');
    await send(rrq('a'), phone);
    turn(20_000);
    expect(facts).toMatchObject([
      { reason: 'the client went silent, sent 6 times; the network refused the last: ENETUNREACH' },
    ]);
  });

  test('ends without a word when the client sends an ERROR, whose text cannot break the log', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    await send(writeError('disk-full', 'no\nroom'), phone);
    expect(sent).toHaveLength(1);
    expect(facts).toMatchObject([
      { status: 200, complete: false, bytes: 0, reason: 'the client ended it: error 3 "no\\x0aroom"' },
    ]);
  });

  test('ignores data, option answers and junk from its own client', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    for (const junk of ['\0\x03\0\x01data', '\0\x06tsize\0', '\0\x09', '\0\x04\0', '', '\xff'])
      await send(Buffer.from(junk, 'latin1'), phone);
    expect(sent).toHaveLength(1);
    expect(facts).toEqual([]);
  });
});

describe('a stranger', () => {
  test('who acknowledges is told that the transfer is unknown, and the transfer does not move', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    await send(writeAck(1), stranger);
    await send(writeAck(1), sameHostOtherPort);
    expect(sent.slice(1)).toEqual([
      to(stranger, writeError('unknown-tid')),
      to(sameHostOtherPort, writeError('unknown-tid')),
    ]);
    expect(facts).toEqual([]);
  });

  test('who sends an ERROR ends nothing and is not answered', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    await send(writeError('undefined'), stranger);
    await send(writeError('undefined'), sameHostOtherPort);
    await send(writeAck(1), phone);
    expect(sent).toHaveLength(2);
    expect(facts).toEqual([]);
  });

  test('who sends junk is not answered, so that no two programs talk for ever', async () => {
    const { send, sent } = bench({});
    for (const junk of ['', '\0', '\0\x09abc', '\0\0', '\0\x04', '\xff\xff\xff\xff'])
      await send(Buffer.from(junk, 'latin1'), stranger);
    expect(sent).toEqual([]);
  });

  test('from port 0, whom nobody can answer, is ignored', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(rrq('a'), { ...stranger, port: 0 });
    expect([...sent, ...facts]).toEqual([]);
  });
});

test('a client that repeats its last ACK is not told off: its port may be in use for the next file', async () => {
  const { send, sent, clock } = bench({ a: Buffer.from('a'), b: Buffer.from('b') });
  await send(rrq('a'), phone);
  await send(writeAck(1), phone);
  await send(writeAck(1), phone);
  await send(rrq('b'), phone);
  expect(sent).toEqual([data(phone, 1, 'a'), data(phone, 1, 'b')]);
  await send(writeAck(1), phone);
  clock.steady += 60_000;
  await send(writeAck(1), phone);
  expect(sent.at(-1)).toEqual(to(phone, writeError('unknown-tid')));
});

describe('a request that comes again', () => {
  test('while the file is looked up starts nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const lookups: string[] = [];
    const lookup: Lookup = async (path) => {
      lookups.push(path);
      await promise;
      return lookupIn({ a: twoBlocks })(path);
    };
    const { send, sent } = bench(lookup);
    for (let i = 0; i < 5; i++) await send(rrq('a'), phone);
    resolve();
    await settle();
    expect(lookups).toEqual(['a']);
    expect(sent).toEqual([data(phone, 1, 'x'.repeat(512))]);
  });

  test('gets the first answer again, and makes one transfer of it', async () => {
    const { send, sent, facts } = bench({ a: Buffer.from('a') });
    for (let i = 0; i < 3; i++) await send(rrq('a'), phone);
    await send(writeAck(1), phone);
    await send(writeAck(1), phone);
    expect(sent).toEqual(Array(3).fill(data(phone, 1, 'a')));
    expect(facts).toHaveLength(1);
  });

  test('does not disturb a transfer that moves', async () => {
    const { send, sent } = bench({ a: Buffer.alloc(2000, 'x') });
    await send(rrq('a'), phone);
    await send(writeAck(1), phone);
    await send(rrq('a'), phone);
    await send(writeAck(2), phone);
    expect(sent.map(({ packet }) => packet.readUInt16BE(2))).toEqual([1, 2, 3]);
  });

  test('for another file ends the transfer before it', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks, b: Buffer.from('b') });
    await send(rrq('a'), phone);
    await send(rrq('b'), phone);
    await send(writeAck(1), phone);
    expect(sent.at(-1)).toEqual(data(phone, 1, 'b'));
    expect(facts).toMatchObject([
      { path: 'a', complete: false, reason: 'the client began another transfer from the same port' },
      { path: 'b', complete: true },
    ]);
  });
});

describe('a refusal', () => {
  test.each([
    [400, 2],
    [403, 2],
    [404, 1],
    [405, 2],
    [500, 0],
    [503, 0],
  ] as const)('with status %i is error %i to the client; the reason stays with us', async (status, code) => {
    const { send, sent, facts } = bench({ '../passwd': { status, reason: 'why, in words', file: 'passwd' } });
    await send(rrq('../passwd'), phone);
    expect(sent[0]?.packet.readUInt16BE(2)).toBe(code);
    expect(sent[0]?.packet.toString('latin1')).not.toContain('why');
    expect(facts).toMatchObject([
      { path: '../passwd', status, bytes: 0, complete: false, reason: 'why, in words', file: 'passwd' },
    ]);
  });

  test('meets every write request', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(writeRequest({ method: 'WRQ', path: 'a', mode: 'octet', options: [] }), phone);
    expect(sent).toEqual([to(phone, writeError('access'))]);
    expect(facts).toMatchObject([{ method: 'WRQ', status: 405, reason: 'this server is read-only' }]);
  });

  test('meets a mode that is neither octet nor netascii', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(writeRequest({ method: 'RRQ', path: 'a', mode: 'MAIL', options: [] }), phone);
    expect(sent).toEqual([to(phone, writeError('illegal'))]);
    expect(facts).toMatchObject([{ status: 400, reason: 'mode mail is not served' }]);
  });

  test('meets a request that cannot be read', async () => {
    const { send, sent, facts } = bench({ a: twoBlocks });
    await send(Buffer.from('\0\x01a\0'), phone);
    expect(sent).toEqual([to(phone, writeError('illegal'))]);
    expect(facts).toMatchObject([{ status: 400, method: 'RRQ', path: '' }]);
  });

  test.each([
    ['ENOENT', 404, 1],
    ['EACCES', 403, 2],
    ['EISDIR', 403, 2],
    ['EMFILE', 503, 0],
    ['EIO', 500, 0],
  ])('meets a file that cannot be opened for %s', async (code, status, error) => {
    const open = () => Promise.reject(Object.assign(new Error(`${code}: open`), { code }));
    const { send, sent, facts } = bench({ a: { file: 'firmware', size: 5, modified: new Date(0), open } });
    await send(rrq('a'), phone);
    expect(sent[0]?.packet.readUInt16BE(2)).toBe(error);
    expect(facts).toMatchObject([{ status, file: 'firmware', reason: `${code}: open` }]);
  });

  test('meets a look-up that fails, and one that never ends', async () => {
    const failing = bench(() => Promise.reject(new Error('out of order')));
    await failing.send(rrq('a'), phone);
    expect(failing.facts).toMatchObject([{ status: 500, reason: 'out of order' }]);
    const endless = bench(() => new Promise(() => {}));
    await endless.send(rrq('a'), phone);
    endless.turn(13_000);
    expect(endless.facts).toMatchObject([{ status: 503, reason: 'the file was not opened in time' }]);
    expect(endless.sent).toHaveLength(1);
  });
});

test('the path of a stranger is recorded without control characters and cut to 512', async () => {
  const { send, facts } = bench({});
  await send(rrq('a\nb\x1b[2J'), phone);
  await send(rrq('é'.repeat(2000)), stranger);
  expect(facts.map(({ path }) => path)).toEqual(['a\\x0ab\\x1b[2J', 'é'.repeat(512)]);
});

test('an IPv4 client of an IPv6 socket is recorded under its own address', async () => {
  const { send, facts } = bench({});
  await send(rrq('a'), { ...phone, address: '::ffff:192.0.2.10' });
  await send(rrq('a'), { ...phone, address: '2001:db8::7' });
  expect(facts.map(({ address }) => address)).toEqual(['192.0.2.10', '2001:db8::7']);
});

describe('with a gate', () => {
  test('a request is judged by its address and name, and one that is let in is looked up as the gate says', async () => {
    const asked: unknown[] = [];
    const gate: Gate = {
      admit(request) {
        asked.push(request);
        return { allow: true, path: 'a' };
      },
    };
    const { send, sent } = bench({ a: Buffer.from('own') }, { gate });
    await send(rrq('t/token/a'), { ...phone, address: '::ffff:192.0.2.10' });
    expect(asked).toEqual([
      { protocol: 'tftp', address: '192.0.2.10', path: 't/token/a', method: 'RRQ', isExamination: false },
    ]);
    expect(sent.map(({ packet }) => packet.subarray(4).toString())).toEqual(['own']);
  });

  test('who is kept out is told that there is no such file, and the record says why', async () => {
    const denied = { allow: false, status: 404, reason: 'from 192.0.2.10', refusal: 'network', device: mac } as const;
    const { send, sent, facts } = bench({ a: twoBlocks }, { gate: { admit: () => denied } });
    await send(rrq('a'), phone);
    expect(sent).toEqual([to(phone, writeError('not-found'))]);
    expect(facts).toMatchObject([
      { status: 404, reason: 'from 192.0.2.10', refusal: 'network', device: mac, bytes: 0 },
    ]);
  });

  test('a bootstrap file is sent in place of what stands under the name', async () => {
    const bootstrap = { file: 'a', size: 4, modified: new Date(0), bytes: Buffer.from('boot'), hash: '' };
    const { send, sent } = bench({ a: twoBlocks }, { gate: { admit: () => ({ allow: true, path: 'a', bootstrap }) } });
    await send(rrq('a'), phone);
    expect(sent).toEqual([data(phone, 1, 'boot')]);
  });

  test('a guesser waits for the answer', async () => {
    const { send, sent } = bench({ a: twoBlocks }, { gate: { admit: () => ({ allow: true, path: 'a', delay: 5 }) } });
    await send(rrq('a'), phone);
    expect(sent).toEqual([]);
    await expect.poll(() => sent.length).toBe(1);
  });
});

describe('with a pool of transfer IDs', () => {
  const pooled = () => bench({ a: twoBlocks }, { answerFrom: () => 3 });

  test('answers come from a port of their own, and ACKs count only there', async () => {
    const { send, sent } = pooled();
    await send(rrq('a'), phone);
    await send(writeAck(1), phone);
    await send(writeAck(1), { ...phone, socket: 2 });
    await send(writeAck(1), { ...phone, socket: 3 });
    expect(sent).toEqual([
      data({ ...phone, socket: 3 }, 1, 'x'.repeat(512)),
      to(phone, writeError('unknown-tid')),
      to({ ...phone, socket: 2 }, writeError('unknown-tid')),
      data({ ...phone, socket: 3 }, 2, 'x'.repeat(88)),
    ]);
  });

  test('a request to a port of the pool is not served', async () => {
    const { send, sent } = pooled();
    await send(rrq('a'), { ...phone, socket: 3 });
    expect(sent).toEqual([to({ ...phone, socket: 3 }, writeError('unknown-tid'))]);
  });
});

describe('limits', () => {
  const client = (port: number, address = phone.address) => ({ address, port, socket: 0 });

  test('drop the transfer that is idle longest for a new one, and say so', async () => {
    const { send, facts, underWay } = bench({ a: twoBlocks }, { limits: { transfers: 3 } });
    for (const port of [1, 2, 3]) await send(rrq('a'), client(port));
    await send(writeAck(1), client(1));
    await send(rrq('a'), client(4));
    expect(facts).toMatchObject([{ reason: 'dropped for a newer one: 3 transfers in all were under way' }]);
    await send(writeAck(2), client(1));
    expect(facts[1]).toMatchObject({ complete: true });
    expect(underWay()).toBe(2);
  });

  test('of one address cost others nothing', async () => {
    const { send, facts } = bench({ a: twoBlocks }, { limits: { perAddress: 2 } });
    await send(rrq('a'), client(9, '192.0.2.99'));
    for (let port = 1; port <= 50; port++) await send(rrq('a'), client(port));
    expect(facts).toHaveLength(48);
    expect(facts.every(({ address }) => address === phone.address)).toBe(true);
  });

  test('hold against 20,000 requests of one address: each new one is served, and a phone of another is, too', async () => {
    const inMemory = { file: 'a', size: 600, modified: new Date(0), bytes: twoBlocks };
    const { protocol, sent, facts, underWay } = bench(() => inMemory);
    const phoneOf = client(1, '192.0.2.99');
    protocol.receive(rrq('a'), phoneOf);
    for (let port = 1; port <= 20_000; port++) protocol.receive(rrq('a'), client(port));
    await settle();
    expect(underWay()).toBe(5001);
    expect(facts).toHaveLength(15_000);
    expect(new Set(facts.map(({ reason }) => reason))).toEqual(
      new Set(['dropped for a newer one: 5000 transfers of one address were under way']),
    );
    expect(sent.filter(({ packet }) => packet[1] === 3)).toHaveLength(20_001);
    protocol.receive(writeAck(1), phoneOf);
    protocol.receive(writeAck(2), phoneOf);
    expect(facts.at(-1)).toMatchObject({ address: '192.0.2.99', complete: true });
  });

  test('leave transfers that move alone: then the newest waits for its next try', async () => {
    const { send, sent, facts, turn } = bench({ a: Buffer.alloc(5000) }, { limits: { transfers: 1 } });
    await send(rrq('a'), phone);
    await send(writeAck(1), phone);
    const before = sent.length;
    await send(rrq('a'), stranger);
    expect(sent).toHaveLength(before);
    expect(facts).toMatchObject([
      { address: stranger.address, status: 503, reason: '1 transfers in all are under way and none is idle' },
    ]);
    turn(200);
    await send(rrq('a'), stranger);
    expect(facts[1]).toMatchObject({ address: phone.address, complete: false, status: 200 });
  });
});

describe('when the server stops', () => {
  test('transfers under way go on and new requests are left for the next server', async () => {
    const { send, sent, facts, protocol } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    protocol.close();
    await send(rrq('a'), stranger);
    await send(Buffer.from('\0\x01'), stranger);
    await send(writeAck(1), phone);
    await send(writeAck(2), phone);
    expect(sent).toHaveLength(2);
    expect(facts).toMatchObject([{ complete: true }]);
  });

  test('what does not end in time is cut off', async () => {
    const { send, sent, facts, protocol, underWay } = bench({ a: twoBlocks });
    await send(rrq('a'), phone);
    protocol.cutOffAll('the server stopped');
    expect(sent.at(-1)).toEqual(to(phone, writeError('undefined')));
    expect(facts).toMatchObject([{ complete: false, reason: 'the server stopped' }]);
    expect(underWay()).toBe(0);
  });

  test('a client that went silent is not waited for', async () => {
    const { send, turn, protocol } = bench({ a: twoBlocks });
    expect(protocol.moving()).toBe(false);
    await send(rrq('a'), phone);
    expect(protocol.moving()).toBe(true);
    turn(1000);
    expect(protocol.moving()).toBe(false);
  });
});

interface Sent {
  readonly to: Peer;
  readonly packet: Buffer;
}

interface BenchOptions {
  readonly gate?: Gate;
  readonly limits?: Partial<Limits>;
  readonly answerFrom?: () => number;
}

/** The protocol on a wire that only takes notes, and on clocks that are set by hand. */
function bench(files: Files | Lookup, { gate, limits, answerFrom }: BenchOptions = {}) {
  const sent: Sent[] = [];
  const facts: FetchFact[] = [];
  const clock = { steady: 0, refusing: '' };
  const note = (to: Peer, packet: Buffer, failed?: Failed) => {
    sent.push({ to, packet });
    if (clock.refusing) failed?.(Object.assign(new Error('refused'), { code: clock.refusing }));
  };
  const protocol = createProtocol({
    lookup: typeof files === 'function' ? files : lookupIn(files),
    gate,
    record: (fact) => facts.push(fact),
    wire: { send: note, data: (to, { block, bytes }, failed) => note(to, data(to, block, bytes).packet, failed) },
    limits: { ...defaultLimits, ...limits },
    answerFrom,
    now: () => 1_700_000_000_000,
    steady: () => clock.steady,
  });
  return {
    ...{ protocol, sent, facts, clock },
    underWay: protocol.underWay,
    refuse(code: string) {
      clock.refusing = code;
    },
    async send(datagram: Buffer, from: Peer) {
      protocol.receive(datagram, from);
      await settle();
    },
    turn(milliseconds: number) {
      for (let passed = 0; passed < milliseconds; passed += 25) protocol.turn();
    },
  };
}

const settle = () => new Promise(setImmediate);
const to = (peer: Peer, packet: Buffer): Sent => ({ to: peer, packet });
const data = (peer: Peer, block: number, bytes: string | Buffer): Sent =>
  to(peer, Buffer.concat([Buffer.from([0, 3, block >> 8, block & 0xff]), Buffer.from(bytes)]));
const rrq = (path: string, options: readonly Option[] = []): Buffer =>
  writeRequest({ method: 'RRQ', path, mode: 'octet', options });

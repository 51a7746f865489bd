import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { Secret } from '../../src/model/secret.ts';
import { createNotifier, type Notification, type Notifier, type NotifierOptions } from '../../src/notify/notifier.ts';
import { headerOf, type Request } from '../../src/sip/message.ts';
import { parseParameters } from '../../src/sip/syntax.ts';
import { viasOf } from '../../src/sip/via.ts';
import { ownAddress } from '../support/sipp/phone.ts';
import { answerTo, type Phone, startPhone } from './phone.ts';

/** For what only time brings about; everything else keeps the RFC's timers, which a busy machine does not outrun. */
const quick = { timers: { t1: 50, t2: 200, t4: 250 } };
const cleanup: (() => unknown)[] = [];
const credentials = { user: 'ada', password: new Secret('correct horse') };

afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo();
});

function notifier(options: NotifierOptions = {}): Notifier {
  const created = createNotifier(options);
  cleanup.push(created.close);
  return created;
}

async function phone(...answer: Parameters<typeof startPhone>): Promise<Phone> {
  const started = await startPhone(...answer);
  cleanup.push(started.close);
  return started;
}

const to = (target: Notification['target'], more: Partial<Notification> = {}): Notification => ({
  mac: '001565123456' as Mac,
  user: '1001',
  target,
  events: [{ event: 'check-sync' }],
  cause: 'manual',
  ...more,
});

const branchOf = (request: Request): string | undefined => viasOf(request)[0]?.parameters.get('branch');

describe('a NOTIFY', () => {
  test('is sent again, byte for byte, when the first one is lost', async () => {
    const deaf = await phone((request, before, say) => before >= 2 && say(answerTo(request, '200 OK')));
    expect(await notifier(quick).notify(to(deaf))).toMatchObject({
      outcome: 'answered',
      status: 200,
      reason: undefined,
    });
    expect(deaf.requests.length).toBeGreaterThanOrEqual(3);
    for (const request of deaf.requests) expect(request).toEqual(deaf.requests[0]);
  });

  test('is sent again while the phone says that it tries', async () => {
    const slow = await phone((request, before, say) => say(answerTo(request, before < 2 ? '100 Trying' : '200 OK')));
    expect(await notifier(quick).notify(to(slow))).toMatchObject({ status: 200 });
    expect(slow.requests.length).toBeGreaterThanOrEqual(3);
  });

  test('takes in an answer that comes again, and tells of it nobody', async () => {
    const strays: string[] = [];
    const parrot = await phone((request, _, say) => {
      for (let times = 0; times < 3; times++) say(answerTo(request, '200 OK'));
      say(answerTo(request, '500 Server Error'));
    });
    const teller = notifier({ stray: (reason) => strays.push(reason) });
    expect(await teller.notify(to(parrot))).toMatchObject({ status: 200 });
    await teller.notify(to(parrot));
    expect(strays).toEqual([]);
  });

  test('knows its answer by the branch and the method, and says what belongs to nothing', async () => {
    const strays: string[] = [];
    const confused = await phone((request, _, say) => {
      say(answerTo(request, '200 OK').replace(/branch=\w+/, 'branch=z9hG4bKother'));
      say(answerTo(request, '200 OK').replace('1 NOTIFY', '1 OPTIONS'));
      say(answerTo(request, '200 OK', 'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKlost'));
      say('SIP/2.0 200');
      say(
        answerTo(request, 'OK').replace('SIP/2.0 OK', 'OPTIONS sip:offhook SIP/2.0').replace('1 NOTIFY', '1 OPTIONS'),
      );
      say(answerTo(request, '202 Accepted'));
    });
    const teller = notifier({ stray: (reason, from) => strays.push(`${from === confused.address}: ${reason}`) });
    expect(await teller.notify(to(confused))).toMatchObject({ status: 202 });
    expect(strays).toEqual([
      ...Array(3).fill('true: an answer to nothing that was asked'),
      expect.stringContaining('true: no SIP message: it is cut off'),
      'true: a request, which is not answered here',
    ]);
  });

  test('takes an answer from another address, and says so', async () => {
    const other = createSocket('udp4').bind(0, ownAddress());
    await once(other, 'listening');
    cleanup.push(() => other.close());
    const split = await phone((request) => {
      const port = viasOf(request)[0]!.port!;
      other.send(answerTo(request, '200 OK'), port, '127.0.0.1');
    });
    const fact = await notifier().notify(to(split));
    expect(fact).toMatchObject({ status: 200, reason: `the answer came from ${other.address().address}` });
  });

  test.each([
    ['400 Bad Request', 'reached, but it does not do this event (400 Bad Request)'],
    ['489 Bad Event', 'reached, but it does not do this event (489 Bad Event)'],
    ['403 Forbidden', '403 Forbidden'],
    ['486', '486'],
    ['404 \u001b[31mRed\u0007', '404  [31mRed'],
  ])('says what the answer %j means', async (status, reason) => {
    const grumpy = await phone((request, _, say) => say(answerTo(request, status)));
    expect(await notifier().notify(to(grumpy))).toMatchObject({
      outcome: 'answered',
      status: Number.parseInt(status, 10),
      reason,
    });
  });

  test.each(['489 Bad Event', '481 Subscription does not exist', '400 Bad Request'])(
    'says the next event where the phone does not do the one before (%s), and no further one',
    async (refusal) => {
      const eventOf = (request: Request) => String(headerOf(request, 'Event'));
      const picky = await phone((request, _, say) =>
        say(answerTo(request, eventOf(request) === 'second' ? '200 OK' : refusal)),
      );
      const events = ['first', 'second', 'third'].map((event) => ({ event }));
      expect(await notifier().notify(to(picky, { events }))).toMatchObject({ status: 200, event: 'second' });
      expect(picky.requests.map(eventOf)).toEqual(['first', 'second']);
      expect(new Set(picky.requests.map((request) => headerOf(request, 'Call-ID'))).size).toBe(2);
      const none = await notifier().notify(to(picky, { events: events.slice(2) }));
      expect(none).toMatchObject({ event: 'third', reason: expect.stringContaining('it does not do this event') });
    },
  );

  test('says what holds when its turn comes, and nothing to whom it is not to be said by then', async () => {
    const eager = await phone((request, _, say) => say(answerTo(request, '200 OK')));
    let revision = 'old';
    const teller = notifier({ perSecond: 10 });
    const begin = async () => ({ events: [{ event: 'check-sync' }], revision });
    const all = [1, 2].map(() => teller.notify(to(eager, { begin, revision: 'older' })));
    const withdrawn = teller.notify(to(eager, { begin: async () => undefined }));
    expect(await all[0]).toMatchObject({ revision: 'old' });
    revision = 'new';
    expect(await all[1]).toMatchObject({ revision: 'new' });
    expect(await withdrawn).toMatchObject({ outcome: 'unreachable', reason: 'it is not its turn any more' });
    expect(eager.requests).toHaveLength(2);
  });

  test('carries an event with its body', async () => {
    const event = { event: 'service-control', content_type: 'text/plain', body: 'action=restart\n' };
    const eager = await phone((request, _, say) => say(answerTo(request, '200 OK')));
    await notifier().notify(to(eager, { events: [event] }));
    expect(headerOf(eager.requests[0]!, 'Event')).toBe('service-control');
    expect(String(eager.requests[0]!.body)).toBe(event.body);
  });

  test('reaches a phone at an IPv6 address', async () => {
    const socket = createSocket('udp6').bind(0, '::1');
    await once(socket, 'listening');
    cleanup.push(() => socket.close());
    socket.on('message', (bytes, from) => {
      const text = String(bytes).replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n');
      socket.send(text, from.port, from.address);
    });
    const target = { address: '0:0::0:1', port: socket.address().port };
    expect(await notifier().notify(to(target))).toMatchObject({
      target: `[0:0::0:1]:${target.port}`,
      status: 200,
      reason: undefined,
    });
  });
});

describe('nobody', () => {
  test('answers: timer F says so', async () => {
    const mute = await phone(() => {});
    expect(await notifier({ timers: { t1: 5, t2: 20, t4: 20 } }).notify(to(mute))).toMatchObject({
      outcome: 'silent',
      reason: 'no answer',
    });
    expect(mute.requests.length).toBeGreaterThan(5);
  });

  test('listens there: the network says so', async () => {
    const gone = await startPhone(() => {});
    gone.close();
    expect(await notifier(quick).notify(to(gone))).toMatchObject({
      outcome: 'unreachable',
      target: `${gone.address}:${gone.port}`,
      reason: 'nothing listens there (ECONNREFUSED)',
    });
  });

  test.each([
    ['no address is known', undefined, /no address is known/],
    ['the address is a name', { address: 'phone.example.com', port: 5060 }, /no IP address/],
    ['the port is none', { address: '127.0.0.1', port: 0 }, /no IP address with a port/],
    ['the system lets nobody send there', { address: '255.255.255.255', port: 5060 }, /does not allow it/],
  ])('is there: %s', async (_, target, reason) => {
    expect(await notifier().notify(to(target))).toMatchObject({
      outcome: 'unreachable',
      reason: expect.stringMatching(reason),
    });
  });

  test('can be told from an address that is not here', async () => {
    const fact = await notifier({ localAddress: '198.51.100.1' }).notify(to({ address: '127.0.0.1', port: 9 }));
    expect(fact).toMatchObject({ outcome: 'unreachable', reason: expect.stringContaining('not one of this machine') });
  });

  test('can be told from a port that is taken', async () => {
    const taken = await phone(() => {});
    const fact = await notifier({ localAddress: taken.address, port: taken.port }).notify(to(taken));
    expect(fact).toMatchObject({ outcome: 'unreachable', reason: expect.stringContaining('is taken') });
  });
});

/** The digest that a phone computes for itself, from what it was sent. */
function isRight(value: string | undefined, hash: string, password = 'correct horse'): boolean {
  const h = (text: string) => createHash(hash).update(text).digest('hex');
  const of = parseParameters((value ?? '').replace(/^Digest /, '').replaceAll(', ', ';'));
  const key = h(`${of.get('username')}:${of.get('realm')}:${password}`);
  const proof = `${of.get('nonce')}:${of.get('nc')}:${of.get('cnonce')}:${of.get('qop')}`;
  return of.get('username') === 'ada' && of.get('response') === h(`${key}:${proof}:${h(`NOTIFY:${of.get('uri')}`)}`);
}

const ask = (nonce: string, more = ''): string =>
  `WWW-Authenticate: Digest realm="phone", nonce="${nonce}", algorithm=SHA-256, qop="auth"${more}`;

describe('a challenge', () => {
  test('is answered in a new transaction of the same call', async () => {
    const careful = await phone((request, before, say) => {
      if (before === 0) return say(answerTo(request, '401 Unauthorized', ask('n1')));
      const right = isRight(headerOf(request, 'Authorization'), 'sha256');
      say(answerTo(request, right ? '200 OK' : '403 Forbidden'));
    });
    expect(await notifier().notify(to(careful, { credentials }))).toMatchObject({ status: 200, reason: undefined });
    const [first, second] = careful.requests as [Request, Request];
    for (const name of ['Call-ID', 'From', 'To', 'Event']) expect(headerOf(second, name)).toBe(headerOf(first, name));
    expect([headerOf(first, 'CSeq'), headerOf(second, 'CSeq')]).toEqual(['1 NOTIFY', '2 NOTIFY']);
    expect(branchOf(second)).not.toBe(branchOf(first));
    expect(headerOf(second, 'Authorization')).toContain(`uri="${second.uri}"`);
  });

  test('of a proxy is answered in its own header, beside that of the phone', async () => {
    const behind = await phone((request, before, say) => {
      if (before === 0) return say(answerTo(request, '407 Proxy', ask('p').replace('WWW', 'Proxy')));
      if (before === 1) return say(answerTo(request, '401 Unauthorized', ask('n')));
      const both = ['Proxy-Authorization', 'Authorization'].map((name) => headerOf(request, name));
      const right = both.every((value) => isRight(value, 'sha256')) && both[0]?.includes('nc=00000002');
      say(answerTo(request, right ? '200 OK' : '403 Forbidden'));
    });
    expect(await notifier().notify(to({ ...behind }, { credentials }))).toMatchObject({ status: 200 });
  });

  test('that can be answered is taken from among those that cannot', async () => {
    const modern = await phone((request, before, say) => {
      const unknown = ask('x').replace('SHA-256', 'SHA3-512');
      if (before === 0) return say(answerTo(request, '401 Unauthorized', unknown, ask('y')));
      say(answerTo(request, headerOf(request, 'Authorization')?.includes('nonce="y"') ? '200 OK' : '403 No'));
    });
    expect(await notifier().notify(to(modern, { credentials }))).toMatchObject({ status: 200 });
  });

  test('is answered once more when only its nonce had aged', async () => {
    const forgetful = await phone((request, before, say) => {
      if (before < 2)
        return say(answerTo(request, '401 Unauthorized', ask(`n${before}`, before ? ', stale=true' : '')));
      const value = headerOf(request, 'Authorization');
      say(answerTo(request, isRight(value, 'sha256') && value?.includes('nonce="n1"') ? '200 OK' : '403 No'));
    });
    expect(await notifier().notify(to(forgetful, { credentials }))).toMatchObject({ status: 200 });
    expect(forgetful.requests).toHaveLength(3);
  });

  test.each([
    ['comes again', (before: number) => ask(`n${before}`), 2, /does not take the credentials of user ada/],
    ['never has a nonce fresh enough', (before: number) => ask(`n${before}`, ', stale=true'), 2, /does not take/],
    ['is of a kind that is not known', () => 'WWW-Authenticate: Bearer realm="x"', 1, /not known here/],
    ['asks for nothing', () => 'X-Nothing: 1', 1, /without saying how/],
  ])('that %s is left', async (_, question, requests, reason) => {
    const stubborn = await phone((request, before, say) =>
      say(answerTo(request, '401 Unauthorized', question(before))),
    );
    const fact = await notifier().notify(to(stubborn, { credentials }));
    expect(fact).toMatchObject({ outcome: 'answered', status: 401, reason: expect.stringMatching(reason) });
    expect(fact.reason).toContain('401 Unauthorized');
    expect(JSON.stringify(fact)).not.toContain('horse');
    expect(stubborn.requests).toHaveLength(requests);
  });

  test('is left when the device has no credentials', async () => {
    const careful = await phone((request, _, say) => say(answerTo(request, '401 Unauthorized', ask('n'))));
    const fact = await notifier().notify(to(careful));
    expect(fact.reason).toBe('401 Unauthorized; asks for credentials, and its first line has none');
  });
});

describe('a notifier', () => {
  test('serves thousands at once over one socket', async () => {
    const crowd = await phone((request, _, say) => say(answerTo(request, '200 OK')));
    const teller = notifier();
    const facts = await Promise.all(Array.from({ length: 2_000 }, () => teller.notify(to(crowd))));
    expect(facts.every(({ status }) => status === 200)).toBe(true);
    expect(new Set(crowd.requests.map(branchOf)).size).toBe(2_000);
    expect(new Set(crowd.requests.map((request) => viasOf(request)[0]?.port)).size).toBe(1);
  });

  test('goes on whatever is thrown at its socket', async () => {
    const nasty = await phone((request, before, say) => {
      if (before > 0) return say(answerTo(request, '200 OK'));
      for (const bytes of fc.sample(fc.uint8Array({ maxLength: 300 }), 200)) say(String.fromCharCode(...bytes));
      const answer = answerTo(request, '200 OK');
      for (let cut = 0; cut < answer.length; cut += 7) say(answer.slice(0, cut));
    });
    expect(await notifier().notify(to(nasty))).toMatchObject({ status: 200 });
  });

  test('paces what it sends, in all and to one address', async () => {
    const a = await phone((request, _, say) => say(answerTo(request, '200 OK')));
    const teller = notifier({ perSecond: 1_000, perAddressPerSecond: 20 });
    const facts = await Promise.all([1, 2, 3, 4].map(() => teller.notify(to(a))));
    const span = facts.at(-1)!.at - facts[0]!.at;
    expect(span).toBeGreaterThanOrEqual(145);
  });

  test('settles everything when it is closed, and what comes after', async () => {
    const mute = await phone(() => {});
    const teller = notifier({ perSecond: 1 });
    const [sent, waiting] = [teller.notify(to(mute)), teller.notify(to(mute))];
    await expect.poll(() => mute.requests.length).toBeGreaterThan(0);
    await teller.close();
    expect(await sent).toMatchObject({ outcome: 'silent', reason: 'no answer came before offhook stopped' });
    const never = { outcome: 'unreachable', reason: 'offhook stopped before its turn came' };
    expect(await waiting).toMatchObject(never);
    expect(await teller.notify(to(mute))).toMatchObject(never);
    await teller.close();
  });
});

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { Secret } from '../../src/model/secret.ts';
import { createNotifier, type Notification } from '../../src/notify/notifier.ts';
import type { Way } from '../../src/notify/way.ts';
import { createFramer } from '../../src/sip/frame.ts';
import { headerOf, type Request } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { createAuthority } from '../support/certificates.ts';
import { peer } from '../support/peer.ts';
import { ownAddress } from '../support/sipp/phone.ts';
import { answerTo } from './phone.ts';

type Answer = (request: Request, before: number, socket: Socket) => void;

/** A phone that listens on TCP, or TLS. */
async function listen(answer: Answer, make: (taken: (socket: Socket) => void) => Server = createServer) {
  const requests: Request[] = [];
  const sockets = new Set<Socket>();
  const server = make((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const framer = createFramer();
    socket.on('data', (bytes: Buffer) =>
      framer.push(bytes, (message) => {
        const request = parseMessage(message);
        if (request.kind !== 'request') return;
        requests.push(request);
        answer(request, requests.length - 1, socket);
      }),
    );
  });
  const address = ownAddress();
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address, port: Object(server.address()).port as number, requests, sockets };
}

const ok: Answer = (request, _, socket) => void socket.write(answerTo(request, '200 OK'));

function notify(ways: readonly Way[], more: Partial<Notification> = {}, timers = { t1: 50, t2: 200, t4: 250 }) {
  const notifier = createNotifier({ timers });
  onTestFinished(notifier.close);
  const who = { mac: '001565123456' as Mac, user: '1001', events: [{ event: 'check-sync' }], cause: 'manual' as const };
  return notifier.notify({ ...who, ways, ...more });
}

const way = (
  { address, port }: { address: string; port: number },
  transport: 'udp' | 'tcp' | 'tls',
  more = {},
): Way => ({
  ...{ kind: 'sip', name: 'direct', hop: { address, port, transport } },
  ...more,
});

describe('over TCP', () => {
  test('a NOTIFY is sent once, and answered in pieces', async () => {
    const phone = await listen((request, _, socket) => {
      const text = `\r\n\r\n${answerTo(request, '100 Trying')}${answerTo(request, '200 OK')}`;
      socket.setNoDelay(true);
      for (let at = 0; at < text.length; at += 40) socket.write(text.slice(at, at + 40));
    });
    expect(await notify([way(phone, 'tcp')])).toMatchObject({ outcome: 'answered', status: 200, reason: undefined });
    expect(phone.requests).toHaveLength(1);
    expect(headerOf(phone.requests[0]!, 'Via')).toMatch(/^SIP\/2\.0\/TCP 127\./);
    expect(phone.requests[0]?.uri).toBe(`sip:1001@${phone.address}:${phone.port};transport=tcp`);
  });

  test('the Request-URI is the contact that the phone registered', async () => {
    const phone = await listen(ok);
    await notify([way(phone, 'tcp', { uri: 'sip:1001@10.0.0.7;line=x;transport=tcp' })]);
    expect(phone.requests[0]?.uri).toBe('sip:1001@10.0.0.7;line=x;transport=tcp');
  });

  test('a challenge is answered on the same connection', async () => {
    const challenge = 'WWW-Authenticate: Digest realm="phone", nonce="n", algorithm=MD5, qop="auth"';
    const phone = await listen((request, before, socket) =>
      socket.write(before === 0 ? answerTo(request, '401 Unauthorized', challenge) : answerTo(request, '200 OK')),
    );
    const credentials = { user: 'ada', password: new Secret('x') };
    expect(await notify([way(phone, 'tcp')], { credentials })).toMatchObject({ status: 200 });
    expect(headerOf(phone.requests[1]!, 'Authorization')).toContain(`uri="${phone.requests[1]?.uri}"`);
    expect(phone.sockets.size).toBe(1);
  });

  test.each([
    [
      'cuts the connection',
      (_request: Request, _before: number, socket: Socket): void => {
        socket.destroy();
      },
      'unreachable',
      /was cut/,
    ],
    [
      'talks something else',
      (_request: Request, _before: number, socket: Socket): void => {
        socket.write('HTTP/1.1 400\r\n\r\n');
      },
      'unreachable',
      /does not say how long/,
    ],
    ['says nothing', () => {}, 'silent', /no answer/],
  ] as const)('a peer that %s is told so', async (_, answer, outcome, reason) => {
    const phone = await listen(answer);
    const fact = await notify([way(phone, 'tcp')], {}, { t1: 5, t2: 20, t4: 20 });
    expect(fact).toMatchObject({ outcome, reason: expect.stringMatching(reason) });
  });

  test('nobody listens there', async () => {
    expect(await notify([way({ address: ownAddress(), port: 9 }, 'tcp')])).toMatchObject({
      ...{ outcome: 'unreachable', reason: 'nothing listens there (ECONNREFUSED)' },
    });
  });
});

const openssl = peer('openssl', 'openssl');

describe.skipIf(openssl.missing)(`over TLS (${openssl.sentence})`, () => {
  async function secure(): Promise<(taken: (socket: Socket) => void) => Server> {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { key, cert } = await createAuthority(folder, '/O=Acme/CN=001565123456');
    return (taken: (socket: Socket) => void) => createTlsServer({ key, cert }, taken);
  }

  test('a phone is believed with the certificate that it has', async () => {
    const phone = await listen(ok, await secure());
    expect(await notify([way(phone, 'tls')])).toMatchObject({ status: 200 });
    expect(headerOf(phone.requests[0]!, 'Via')).toMatch(/^SIP\/2\.0\/TLS /);
  });

  test('a proxy is believed only with a certificate for its name', async () => {
    const proxy = await listen(ok, await secure());
    const hop = { address: proxy.address, port: proxy.port, transport: 'tls', name: 'proxy.example.com' } as const;
    const fact = await notify([{ kind: 'sip', name: 'proxy', hop, uri: 'sip:1001@pbx', isProxy: true }]);
    expect(fact).toMatchObject({ outcome: 'unreachable', reason: expect.stringMatching(/certificate/) });
    expect(proxy.requests).toHaveLength(0);
  });
});

describe('of several ways', () => {
  test('the next is tried when one did not reach the phone, and what came of each is said', async () => {
    const grumpy = await listen((request, _, socket) => void socket.write(answerTo(request, '403 Forbidden')));
    const proxy = await listen(ok);
    const through: Way = {
      kind: 'sip',
      name: 'proxy',
      hop: { ...proxy, transport: 'tcp' },
      uri: 'sip:1001@pbx.example.com',
      isProxy: true,
    };
    const none: Way = { kind: 'none', name: 'pbx', reason: 'no PBX says that it is registered' };
    expect(await notify([none, way(grumpy, 'tcp'), through])).toMatchObject({
      ...{ outcome: 'answered', status: 200, target: `${proxy.address}:${proxy.port}` },
      reason: 'pbx: no PBX says that it is registered; direct: 403 Forbidden',
    });
    expect(proxy.requests[0]?.uri).toBe('sip:1001@pbx.example.com');
    expect(headerOf(proxy.requests[0]!, 'Route')).toBe(`<sip:${proxy.address}:${proxy.port};transport=tcp;lr>`);
  });

  test('a PBX that took it ends the search, and the best answer stands when all fail', async () => {
    const target = { address: '192.0.2.7', port: 5060 };
    const hand = (outcome: 'handed' | 'unreachable'): Way => ({
      ...{ kind: 'hand', name: 'pbx', target },
      hand: async () => ({ outcome, reason: 'x' }),
    });
    expect(await notify([hand('handed'), way({ address: ownAddress(), port: 9 }, 'tcp')])).toMatchObject({
      ...{ outcome: 'handed', target: '192.0.2.7:5060', reason: 'x' },
    });
    const grumpy = await listen((request, _, socket) => void socket.write(answerTo(request, '486 Busy')));
    expect(await notify([way(grumpy, 'tcp'), hand('unreachable')])).toMatchObject({
      ...{ outcome: 'answered', status: 486, reason: 'direct: 486 Busy; pbx: x' },
    });
  });
});

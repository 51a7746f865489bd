import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { PhoneFact } from '../../src/model/fact.ts';
import { ada, bob, buildOf, fetchOf } from '../state/facts.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';
import { eventServer } from './support/event-server.ts';

type Told = { readonly id: number; readonly event: string; readonly data: Readonly<Record<string, unknown>> };

const registered: PhoneFact = {
  ...{ at: Date.UTC(2024, 0, 1, 12), kind: 'registered', source: 'pbx', extension: '101' },
  ...{ contact: 'sip:101@192.168.1.100', address: '192.168.1.100' },
};

function socketTo(port: number, path = '/ws', options: ClientOptions = {}, protocols: string[] = []) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);
  onTestFinished(() => socket.terminate());
  const told: Told[] = [];
  socket.on('message', (data) => told.push(JSON.parse(String(data))));
  const heard = (count: number) =>
    until(
      () => `${count} events, not ${told.length}`,
      () => told.length >= count && told,
    );
  return { socket, told, heard };
}

/** Those who want nothing special get the events of phones, as the second predecessor's document has them. */
test('a script of a former system hears of phones at /ws', async () => {
  const { port, journal } = await eventServer();
  const { socket, heard } = socketTo(port);
  await once(socket, 'open');
  // Its answer comes when it is listened for: an upgrade is answered before that.
  const later = setInterval(() => {
    journal.add.build(buildOf());
    journal.add.phone(registered);
  }, 10);
  const [event] = await heard(1);
  clearInterval(later);
  expect(event).toEqual({
    ...{ id: expect.any(Number), event: 'phone.registered', time: '2024-01-01T12:00:00.000Z' },
    data: { extension: '101', ip: '192.168.1.100', source: 'pbx', timestamp: '2024-01-01T12:00:00.000Z' },
  });
});

test('goes on from an event, with types and a device', async () => {
  const { port, journal, feed } = await eventServer();
  const start = feed.last();
  for (const device of [ada, bob, ada]) journal.add.fetch(fetchOf({ device }));
  journal.add.build(buildOf());
  journal.flush();
  const all = socketTo(port, '/ws?types=*&since=0');
  expect((await all.heard(4)).map(({ id }) => id)).toEqual([1, 2, 3, 4].map((number) => start + number));
  const some = socketTo(port, `/ws?types=fetch&device=${ada}&since=${start + 1}`);
  expect((await some.heard(1)).map(({ id }) => id)).toEqual([start + 3]);
});

test('refuses wishes that it does not know, and pages of other sites', async () => {
  const { port } = await eventServer();
  const refused = async (path: string, options?: ClientOptions) => {
    const { socket } = socketTo(port, path, options);
    socket.on('error', () => {});
    const [, response] = await once(socket, 'unexpected-response');
    // The connection is of no more use, and does not stay.
    await once(response.resume(), 'close');
    return response.statusCode;
  };
  expect(await refused('/ws?types=nonsense')).toBe(400);
  expect(await refused('/ws', { origin: 'https://elsewhere.example.com' })).toBe(403);
  expect(await refused('/ws', { origin: 'null' })).toBe(403);
  expect(await refused('/api/status')).toBe(200);
  const own = socketTo(port, '/ws', { origin: `http://127.0.0.1:${port}` });
  await once(own.socket, 'open');
  expect(await ask(port, '/ws')).toMatchObject({ status: 404 });
});

test('a token may come as a subprotocol, and is not repeated', async () => {
  const { port } = await eventServer();
  const { socket } = socketTo(port, '/ws', {}, ['offhook', 'bearer.secret']);
  const [response] = await once(socket, 'upgrade');
  expect(response.headers['sec-websocket-protocol']).toBe('offhook');
});

test('one that takes nothing is dropped', async () => {
  const { port, journal, endings } = await eventServer({ timing: { patience: 100 }, journal: { mostWaiting: 1e6 } });
  const path = `/${'x'.repeat(500)}`;
  for (let at = 1; at <= 20_000; at++) journal.add.fetch(fetchOf({ at, path }));
  journal.flush();
  const { socket } = socketTo(port, '/ws?types=*&since=0');
  await once(socket, 'open');
  socket.pause();
  await until('the slow reader to go', () => endings.length > 0);
  expect(endings).toEqual(['slow']);
});

test('one that answers no ping is dropped, one that does is not', async () => {
  const { port, endings, count } = await eventServer({ timing: { beat: 20 } });
  const { socket } = socketTo(port);
  let pings = 0;
  socket.on('ping', () => pings++);
  const mute = connect(port, '127.0.0.1');
  onTestFinished(() => void mute.destroy());
  mute.on('error', () => {});
  mute.write(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
  );
  await until('the mute one to go, and the other to be asked', () => endings.length > 0 && pings > 5);
  expect(endings).toEqual(['silent']);
  expect(count()).toBe(1);
});

test('what is said to it is not listened to, and too much of it ends the connection', async () => {
  const { port, endings, journal } = await eventServer();
  const { socket, heard } = socketTo(port, '/ws?since=0');
  await once(socket, 'open');
  socket.send('{"event":"phone.registered"}');
  journal.add.phone(registered);
  await heard(1);
  socket.send('x'.repeat(5000));
  const [code] = await once(socket, 'close');
  expect(code).toBe(1009);
  await until('its end', () => endings.length > 0);
});

test('is told when the daemon stops', async () => {
  const { port, stop, count } = await eventServer();
  const { socket } = socketTo(port);
  await once(socket, 'open');
  await until('the listener', () => count() === 1);
  const [[code, reason]] = await Promise.all([once(socket, 'close'), stop()]);
  expect([code, String(reason)]).toEqual([1001, 'the daemon stops']);
});

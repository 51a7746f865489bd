import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { createFreeswitch } from '../../../src/registry/freeswitch/freeswitch.ts';
import { changeOf, registrationsIn } from '../../../src/registry/freeswitch/registrations.ts';
import { createEslReader, type EslMessage, readEvent, writeCommand } from '../../../src/registry/freeswitch/wire.ts';
import { toRegistration } from '../../../src/registry/registration.ts';
import type { Source } from '../../../src/registry/source.ts';
import { until } from '../../support/until.ts';
import { type RecordedIntake, recordedIntake } from '../intake.ts';
import { listen } from '../listen.ts';

/** As mod_event_socket.c and mod_sofia.c write it, word for word. */
const reply = (text: string): string => `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
const api = (text: string): string =>
  `Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`;
const registration = (user: string, contact: string, agent: string, address: string): string =>
  [
    '    <registration>',
    `        <call-id>call-of-${user}</call-id>`,
    `        <user>${user}@pbx.example.com</user>`,
    `        <contact>${contact}</contact>`,
    `        <agent>${agent}</agent>`,
    '        <status>Registered(UDP)(unknown) exp(2026-11-22 00:09:00) expsecs(90)</status>',
    '        <ping-status>Reachable</ping-status>',
    '        <ping-time>0.00</ping-time>',
    '        <host>pbx</host>',
    `        <network-ip>${address}</network-ip>`,
    '        <network-port>5071</network-port>',
    `        <sip-auth-user>${user}</sip-auth-user>`,
    '        <sip-auth-realm>pbx.example.com</sip-auth-realm>',
    `        <mwi-account>${user}@pbx.example.com</mwi-account>`,
    '    </registration>',
    '',
  ].join('\n');
const listing = (...registrations: string[]): string =>
  `<?xml version="1.0" encoding="ISO-8859-1"?>\n<profile>\n  <registrations>\n${registrations.join('')}  </registrations>\n</profile>\n`;
const yealink = registration(
  '1001',
  '&quot;Ada&quot; &lt;sip:1001@10.0.0.7:5060;transport=tcp;fs_nat=yes;fs_path=sip%3A1001%40198.51.100.7%3A5071&gt;',
  'Yealink SIP-T46S 66.86.0.15 00:15:65:12:34:56',
  '198.51.100.7',
);
const odd = registration('1002', '&lt;sip:1002@192.0.2.8:5060&gt;', 'R&D \u0007 phone < 3', '192.0.2.8');

function event(subclass: string, fields: Readonly<Record<string, string>>): string {
  const all = { 'Event-Subclass': `sofia::${subclass}`, 'Event-Name': 'CUSTOM', ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${encodeURIComponent(value)}\n`);
  const body = `${lines.join('')}\n`;
  return `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-plain\n\n${body}`;
}

const ofContact = { contact: '"" <sip:1003@192.0.2.9:5060;fs_nat=yes>', 'call-id': 'c3', 'profile-name': 'internal' };
const place = { 'network-ip': '192.0.2.9', 'network-port': '5060', 'user-agent': 'Phone' };

async function startPlayer(answers: Readonly<Record<string, string>> = {}) {
  const commands: string[] = [];
  const said: Record<string, string> = {
    auth: reply('+OK accepted'),
    event: reply('+OK event listener enabled plain'),
    api: api(listing(yealink, odd)),
    sendevent: reply('+OK 5e6c2b0e-5a4f-4b1c-9c0e-2b7d0e1f3a4b'),
    ...answers,
  };
  const { port, sockets, hangUp } = await listen((socket) => {
    socket.write(said.greeting ?? 'Content-Type: auth/request\n\n');
    const reader = createEslReader();
    socket.on('data', (bytes: Buffer) => {
      // A command has headers and perhaps a body, too.
      reader.push(bytes, ({ headers, body }) => {
        const command = [...headers].map(([name, value]) => `${name}: ${value}`).join('\n');
        commands.push(`${command}${body === '' ? '' : `\n\n${body}`}`);
      });
      for (const [, word = ''] of String(bytes).matchAll(/^(auth|event|api|sendevent) /gm))
        socket.write(said[word] ?? '');
    });
  });
  const say = (text: string) => {
    for (const socket of sockets) for (let at = 0; at < text.length; at += 30) socket.write(text.slice(at, at + 30));
  };
  return { port, commands, said, say, hangUp };
}

function source({ port }: { readonly port: number }): RecordedIntake & { readonly source: Source } {
  const intake = recordedIntake('fs');
  const options = { password: new Secret('ClueCon'), profiles: ['internal'], backOff: { first: 20, most: 50 } };
  const made = createFreeswitch({ name: 'fs', peer: { host: '127.0.0.1', port }, patience: 300, ...options }, intake);
  made.start();
  onTestFinished(made.stop);
  return { ...intake, source: made };
}
const up = ({ source }: { readonly source: Source }) => until('it to be up', () => source.state().up);

describe('a FreeSWITCH, as it writes', () => {
  test('lists who is registered, from behind a NAT and with what is no XML', async () => {
    const watch = source(await startPlayer());
    await up(watch);
    expect(watch.all()).toEqual([
      expect.objectContaining({
        ...{ extension: '1001', domain: 'pbx.example.com', address: '198.51.100.7', port: 5071, transport: 'tcp' },
        ...{ contact: 'sip:1001@10.0.0.7:5060;transport=tcp', isDirect: false, macs: ['001565123456'] },
        handles: { call_id: 'call-of-1001', profile: 'internal' },
      }),
      expect.objectContaining({ extension: '1002', address: '192.0.2.8', user_agent: 'R&D   phone < 3' }),
    ]);
  });

  test('tells at once who comes and goes', async () => {
    const player = await startPlayer();
    const watch = source(player);
    await up(watch);
    const has = () => watch.all().some(({ extension }) => extension === '1003');
    player.say(event('register', { 'from-user': '1003', 'from-host': 'pbx', expires: '60', ...ofContact, ...place }));
    await until('1003', has);
    player.say(event('expire', { user: '1003', host: 'pbx', ...ofContact, ...place }));
    await until('1003 to be gone', () => !has());
  });

  test('sends a NOTIFY to the one registration of a Call-ID', async () => {
    const player = await startPlayer();
    const watch = source(player);
    await up(watch);
    const [one] = watch.all();
    const body = { event: 'service-control', content_type: 'text/plain', body: 'action=restart\n' };
    expect(await watch.source.notify?.(one!, body)).toEqual({ outcome: 'handed', reason: 'fs took it' });
    expect(await watch.source.notify?.(one!, { event: 'check-sync\nauth x' })).toMatchObject({ outcome: 'handed' });
    const [sent, plain] = player.commands.filter((command) => /call-id/.test(command));
    expect(sent).toContain(
      'event-string: service-control\nuser: 1001\nhost: pbx.example.com\ncontent-type: text/plain',
    );
    expect(sent).toContain('call-id: call-of-1001\ncontent-length: 15\n\naction=restart\n');
    expect(plain).toContain('event-string: check-sync auth x\n');
    expect(plain).toContain('content-type: application/simple-message-summary');
  });

  test.each([
    ['does not take the password', { auth: reply('-ERR invalid') }, /does not take the password: -ERR invalid/],
    ['has no such profile', { api: api('Invalid Profile!\n') }, /does not list profile internal: Invalid Profile!/],
    [
      'lets nobody in',
      { greeting: 'Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n' },
      /ACL/,
    ],
    ['says nothing', { greeting: '\n', auth: '' }, /closed the connection|does not answer/],
    ['says how long nothing is', { greeting: 'Content-Length: x\n\n' }, /does not say how long/],
  ])('is away when it %s, and found again', async (_, answers, reason) => {
    const player = await startPlayer(answers);
    const watch = source(player);
    if ('auth' in answers && answers.auth === '') {
      setTimeout(player.hangUp, 50);
    }
    await until('a reason', () => watch.states.length > 0);
    expect(watch.states[0]).toMatchObject({ up: false, reason: expect.stringMatching(reason) });
    Object.assign(player.said, { auth: reply('+OK accepted'), api: api(listing(yealink)), greeting: undefined });
    await up(watch);
    expect(watch.states.map(({ up }) => up)).toEqual([false, true]);
  });
});

describe('the event socket', () => {
  const stream = Buffer.from(reply('+OK') + api(listing(yealink, odd)) + event('register', place));
  const read = (pieces: readonly Uint8Array[]) => {
    const reader = createEslReader();
    const messages: EslMessage[] = [];
    for (const piece of pieces) reader.push(piece, (message) => messages.push(message));
    return messages;
  };

  test('reads the same wherever it is cut', () => {
    const whole = read([stream]);
    expect(whole).toHaveLength(3);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (at) => {
        const places = [0, ...at.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        expect(read(places.slice(1).map((end, index) => stream.subarray(places[index], end)))).toEqual(whole);
      }),
    );
  });

  test('takes whatever comes, as a message, an event or a listing', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '<registration>',
        '</registration>',
        '<user>',
        '</user>',
        '<contact>sip:1@192.0.2.7</contact>',
        '&lt;',
        '\n\n',
        ': ',
        '%',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        for (const { body } of read([Buffer.from(text)])) readEvent(body);
        changeOf(readEvent(text), 0);
        for (const claim of registrationsIn(text, 0, 'internal')) toRegistration(claim, 'fs');
        expect(writeCommand([text]).split('\n')).toHaveLength(3);
      }),
    );
  });
});

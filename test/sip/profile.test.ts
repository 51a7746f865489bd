import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/sip/message.ts';
import { headerOf, headersOf } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { readProfileRequest } from '../../src/sip/profile.ts';
import { profileNotify } from '../../src/sip/profile-notify.ts';
import { replyAddress, respond } from '../../src/sip/respond.ts';
import { writeMessage } from '../../src/sip/write.ts';
import { subscribes } from '../pnp/phone.ts';

const mac = '0004132e08b4';
const source = { address: '192.0.2.7', port: 40_000 };

function read(lines: readonly string[]): Request {
  const message = parseMessage(Buffer.from([...lines, '', ''].join('\r\n').replaceAll('$PORT', '5080')));
  if (message.kind !== 'request') throw new Error('no request');
  return message;
}
const asked = (lines: readonly string[]) => {
  const profile = readProfileRequest(read(lines));
  if ('kind' in profile) throw new Error(profile.reason);
  return profile;
};
const without = (lines: readonly string[], start: string) => lines.filter((line) => !line.startsWith(start));

describe('a request for a profile', () => {
  test.each(Object.entries(subscribes))('tells who asks, as phones write it: %s', (_, write) => {
    const profile = asked(write(mac));
    expect(profile.mac).toBe(mac);
    expect(profile.contact).toMatch(/^sip:.*127\.0\.0\.1:5080/);
  });

  test('tells vendor, model and version, and a user agent made of them where the phone has none', () => {
    expect(asked(subscribes.escapedColon(mac))).toMatchObject({
      ...{ vendor: 'Acme', model: 'a1', version: '1.2.3', user_agent: 'Acme a1 1.2.3' },
      event: 'ua-profile;profile-type="device";vendor="Acme";model="a1";version="1.2.3"',
    });
    expect(asked(subscribes.noColon(mac)).user_agent).toBe('Acme a1 25.81.0.10');
  });

  test.each([
    ['MAC=00:04:13:2e:08:b4', mac],
    ['0004132E08B4', mac],
    ['mac:00-04-13-2E-08-B4', mac],
    ['MAC%3a000000000000', undefined],
    ['1001', undefined],
    ['MAC0004132e08b', undefined],
  ])('the user %s stands for the MAC %s', (user, wanted) => {
    const lines = subscribes.escapedColon(mac).map((line) => line.replace(/MAC%3a[0-9a-f]{12}/, user));
    expect(asked(lines).mac).toBe(wanted);
  });

  test.each([
    ['no Event', without(subscribes.escapedColon(mac), 'Event'), 'another event'],
    [
      'another event',
      subscribes.escapedColon(mac).map((line) => line.replace('ua-profile', 'presence')),
      'another event',
    ],
    ['no Contact', without(subscribes.escapedColon(mac), 'Contact'), 'Contact'],
    [
      'another method',
      subscribes.escapedColon(mac).map((line) => line.replace('SUBSCRIBE', 'REGISTER')),
      'no SUBSCRIBE',
    ],
  ])('with %s is none', (_, lines, reason) => {
    const profile = readProfileRequest(read(lines));
    expect('kind' in profile && profile.reason).toContain(reason);
  });

  test('is read without a throw whatever stands in it, and what is made of it can be sent', () => {
    const text = fc.string({ unit: 'binary' });
    const hostile = fc.oneof(
      text,
      text.map((user) => `<sip:${user}@192.0.2.7>;${user}`),
      fc.constantFrom('<sip:a\u0001@192.0.2.7>', '<sip:[::1]:0>'),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (contact, from, event, via) => {
        const headers = [
          { name: 'Via', value: via },
          { name: 'From', value: from },
          { name: 'To', value: from },
          { name: 'Call-ID', value: via },
          { name: 'CSeq', value: '1 SUBSCRIBE' },
          { name: 'Contact', value: contact },
          { name: 'Event', value: `ua-profile;${event}` },
        ];
        const request: Request = {
          kind: 'request',
          method: 'SUBSCRIBE',
          uri: 'sip:x@y',
          headers,
          body: Buffer.alloc(0),
        };
        const answer = writeMessage(respond(request, source, { status: 200, reason: 'OK', tag: 't' }));
        expect(replyAddress(request, source).address).toBe(source.address);
        const profile = readProfileRequest(request);
        if ('kind' in profile) return;
        const parts = {
          subscribe: request,
          asked: profile,
          profile: { url: 'http://x', content_type: 'application/url' },
        };
        const bytes = writeMessage(profileNotify({ ...parts, tag: 't', local: source, branch: 'b', userAgent: 'x' }));
        // No value adds a line to what is sent.
        for (const sent of [answer, bytes]) {
          const [, ...lines] = sent.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n') ?? [];
          expect(lines.filter((line) => !/^[A-Z][A-Za-z-]+: /.test(line))).toEqual([]);
        }
        expect(parseMessage(bytes)).toMatchObject({ kind: 'request', uri: profile.contact });
      }),
      { numRuns: 500 },
    );
  });
});

describe('the answer', () => {
  test('has the request’s own headers, our tag, and where it came from (RFC 3581)', () => {
    const request = read(subscribes.escapedColon(mac));
    const answer = respond(request, source, { status: 200, reason: 'OK', tag: 'our' });
    expect(headersOf(answer, 'Via')).toEqual([
      'SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bK1;rport=40000;received=192.0.2.7',
    ]);
    expect(headerOf(answer, 'To')).toBe(`<sip:MAC%3a${mac}@224.0.1.75>;tag=our`);
    expect(headerOf(answer, 'From')).toBe(headerOf(request, 'From'));
    expect(parseMessage(writeMessage(answer))).toMatchObject({ kind: 'response', status: 200 });
  });

  test('goes to the port that a phone without rport names, and never to another host', () => {
    expect(replyAddress(read(subscribes.escapedColon(mac)), source)).toEqual(source);
    expect(replyAddress(read(subscribes.noColon(mac)), source)).toEqual({ address: '192.0.2.7', port: 5080 });
  });
});

test('the NOTIFY belongs to the dialog of the SUBSCRIBE, and repeats its event', () => {
  const subscribe = read(subscribes.escapedColon(mac));
  const notify = profileNotify({
    ...{ subscribe, asked: asked(subscribes.escapedColon(mac)), tag: 'our', branch: 'b', userAgent: 'offhook' },
    profile: { url: 'http://192.0.2.1/', content_type: 'application/url' },
    local: { address: '192.0.2.1', port: 4000 },
  });
  expect(notify.uri).toBe('sip:127.0.0.1:5080');
  expect(headerOf(notify, 'To')).toBe(headerOf(subscribe, 'From'));
  expect(headerOf(notify, 'From')).toBe(`${headerOf(subscribe, 'To')};tag=our`);
  expect(headerOf(notify, 'Call-ID')).toBe(headerOf(subscribe, 'Call-ID'));
  expect(headerOf(notify, 'Event')).toBe(headerOf(subscribe, 'Event'));
  expect(headerOf(notify, 'Subscription-State')).toBe('terminated;reason=timeout');
  expect(headerOf(notify, 'Content-Type')).toBe('application/url');
  expect(notify.body.toString()).toBe('http://192.0.2.1/');
});

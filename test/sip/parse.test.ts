import { describe, expect, test } from 'vitest';
import { headerOf, headersOf, type Message } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { viasOf } from '../../src/sip/via.ts';
import { tortures } from './torture.ts';

const answer = (...more: string[]): string =>
  [
    'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP 192.0.2.1:5060;rport=5060;branch=z9hG4bKabc',
    'From: <sip:offhook@192.0.2.1>;tag=a',
    'To: <sip:1001@192.0.2.7>;tag=b',
    'Call-ID: 1',
    'CSeq: 1 NOTIFY',
    ...more,
  ].join('\r\n');

const parse = (text: string) => parseMessage(Buffer.from(text));

function read(text: string): Message {
  const message = parse(text);
  if (message.kind === 'refusal') throw new Error(message.reason);
  return message;
}

const refusalOf = (text: string): string => {
  const message = parse(text);
  return message.kind === 'refusal' ? message.reason : 'read';
};

describe('a message', () => {
  test('is read with its status, its words and its headers', () => {
    const message = read(answer('Server: Phone 1.0', 'Content-Length: 0', '', ''));
    expect(message).toMatchObject({ kind: 'response', status: 200, reason: 'OK' });
    expect(headerOf(message, 'server')).toBe('Phone 1.0');
    expect(headerOf(message, 'Warning')).toBeUndefined();
    expect(message.body).toHaveLength(0);
  });

  test('is read when its status has no words, and no blank before them', () => {
    expect(read(answer('', '').replace('200 OK', '486'))).toMatchObject({ status: 486, reason: '' });
  });

  test('has its long names when it came with the compact ones', () => {
    const message = read(answer('c: text/plain', 'K: a', 'o: check-sync', 'l: 2', '', 'hi').replace('Via', 'v'));
    expect(message.headers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Via', 'Content-Type', 'Supported', 'Event']),
    );
    expect(String(message.body)).toBe('hi');
  });

  test('keeps headers that come more than once, in their order', () => {
    const message = read(answer('Warning: 399 a "x"', 'WARNING: 399 b "y"', '', ''));
    expect(headersOf(message, 'Warning')).toEqual(['399 a "x"', '399 b "y"']);
  });

  test('has folded headers on one line', () => {
    expect(headerOf(read(answer('Subject: a', '\tlong', '    story', '', '')), 'Subject')).toBe('a long story');
  });

  test('takes the rest of the datagram as its body when no Content-Length says otherwise', () => {
    expect(String(read(answer('', 'the rest')).body)).toBe('the rest');
  });

  test('drops what follows after its Content-Length', () => {
    expect(String(read(answer('Content-Length: 3', '', 'the rest')).body)).toBe('the');
  });

  test('may begin with empty lines, as some keep a path open', () => {
    expect(read(`\r\n\r\n${answer('', '')}`).kind).toBe('response');
  });

  test.each([
    ['nothing at all', '', /nothing but line breaks/],
    ['a keep-alive', '\r\n\r\n', /nothing but line breaks/],
    ['one that is cut off in its headers', answer('Ser'), /cut off/],
    ['one with bare line feeds', answer('', '').replaceAll('\r', ''), /cut off/],
    ['one with half a line break', answer('A: b\nInjected: yes', '', ''), /half a line break/],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /neither a request nor a status/],
    ['a line that is no header', answer('no colon', '', ''), /no header/],
    ['a header without a name', answer(': x', '', ''), /no header/],
    ['a fold with nothing before it', answer('', '').replace('Via', ' Via'), /continues no other/],
    ['one with a thousand headers', answer(...Array(1000).fill('A: b'), '', ''), /more than 500/],
    ['one with a Content-Length that is too long', answer('Content-Length: 9', '', 'short'), /shorter than/],
    ['one with a Content-Length that is none', answer('Content-Length: 1e1', '', '0123456789'), /no length/],
    ['one without a Via', answer('', '').replace('Via', 'X'), /no Via/],
    ['one without a CSeq', answer('', '').replace('CSeq', 'X'), /no CSeq/],
    ['one with two Call-IDs', answer('i: 2', '', ''), /Call-ID twice/],
  ])('is refused with the reason: %s', (_, text, reason) => expect(refusalOf(text)).toMatch(reason));
});

describe('RFC 4475', () => {
  test.each(tortures)('$name: $outcome', ({ text, outcome }) => {
    if (outcome === 'read') expect(parse(text).kind).not.toBe('refusal');
    else expect(refusalOf(text)).toMatch(outcome);
  });

  const torture = (name: string): Message => read(tortures.find((one) => one.name === name)!.text);

  test('wsinv: finds the branches of all Vias', () => {
    const branches = viasOf(torture('wsinv')).map((via) => via?.parameters.get('branch'));
    expect(branches).toEqual(['390skdjuw', 'z9hG4bK9ikj8', 'z9hG4bK30239']);
  });

  test('dblreq: drops the second request', () => expect(torture('dblreq').body).toHaveLength(0));

  test('unreason: keeps the words as they were written', () => {
    expect(torture('unreason')).toMatchObject({ reason: '= 2**3 * 5**2 но сто девяносто девять - простое' });
    expect(torture('unreason').body).toHaveLength(154);
  });

  test('noreason: has no words', () => expect(torture('noreason')).toMatchObject({ status: 100, reason: '' }));
});

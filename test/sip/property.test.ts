import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/sip/challenge.ts';
import { type Header, headersOf, type Message } from '../../src/sip/message.ts';
import { notifyRequest } from '../../src/sip/notify-request.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { viasOf } from '../../src/sip/via.ts';
import { writeMessage } from '../../src/sip/write.ts';
import { tortures } from './torture.ts';

const seeds = [...tortures.map(({ text }) => Buffer.from(text)), Buffer.from(request({}))];

/** Bytes of a message that somebody cut, doubled, or wrote over. */
const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 6 })), { maxLength: 8 }),
    fc.nat(),
  )
  .map(([seed, edits, cut]) => {
    const bytes = Buffer.from(seed);
    for (const [at, patch] of edits) bytes.set(patch, Math.min(at % bytes.length, bytes.length - patch.length));
    return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
  });

const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 2000 }), mutated);

test('reading never throws, whatever the bytes, and gives a message or a reason', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const message = parseMessage(bytes);
      if (message.kind === 'refusal') return message.reason.length > 0;
      viasOf(message);
      parseChallenges(headersOf(message, 'WWW-Authenticate'));
      return true;
    }),
    { numRuns: 3_000 },
  );
});

test('reading challenges never throws, whatever the text', () => {
  const pieces = fc.constantFrom(
    'Digest ',
    'realm=',
    '"',
    '\\',
    ',',
    '=',
    'nonce="a"',
    ' ',
    'algorithm=MD5',
    'qop="auth',
    '\t',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => Array.isArray(parseChallenges([value]))),
    { numRuns: 1_000 },
  );
});

test('reading is quick however the blanks, quotes and folds pile up', () => {
  const many = 60_000;
  const piles = [' ', '"', '\\', ',', ';', '=', 'a', '\r\n a'].map((piece) => piece.repeat(many / piece.length));
  for (const pile of piles) {
    const text = request({}).replace('\r\nEvent:', `\r\nWWW-Authenticate: Digest realm="${pile}x\r\nEvent: ${pile}`);
    parseMessage(Buffer.from(text));
    parseChallenges([pile, `Digest ${pile}`, `Digest realm="a", nonce=${pile}`, `Digest realm${pile}`]);
    parseMessage(Buffer.from(request({}).replace('Via: ', `Via: SIP${pile}/2.0/UDP a${pile};b=`)));
  }
});

const token = fc.stringMatching(/^[A-Za-z][\w\-.!%*+`'~]{1,20}$/);
const value = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((text) => text.toWellFormed().replace(/\p{Cc}/gu, ''))
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const special = /^(content-length|from|to|via|call-id|cseq|event)$/i;
const others = fc.array(fc.record({ name: token.filter((name) => !special.test(name)), value }), { maxLength: 10 });

function mandatory(method: string): Header[] {
  return [
    { name: 'Via', value: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx' },
    { name: 'From', value: '<sip:a@example.com>;tag=1' },
    { name: 'To', value: '<sip:b@example.com>' },
    { name: 'Call-ID', value: 'x' },
    { name: 'CSeq', value: `7 ${method}` },
  ];
}

const message: fc.Arbitrary<Message> = fc
  .record({
    method: token,
    status: fc.integer({ min: 100, max: 699 }),
    reason: value,
    more: others,
    body: fc.uint8Array(),
  })
  .chain(({ method, status, reason, more, body }) => {
    const content = { headers: [...mandatory(method), ...more], body: Buffer.from(body) };
    return fc.constantFrom<Message>(
      { kind: 'request', method, uri: 'sip:b@example.com', ...content },
      { kind: 'response', status, reason, ...content },
    );
  });

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(parseMessage(writeMessage(one))).toEqual(one);
    }),
  );
});

test('a hostile value adds no header, no line and no body', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'a\r\nX-Evil: 1',
      'a\nX-Evil: 1',
      'a\rX-Evil: 1',
      '\r\n\r\nevil',
      'a>\r\n b',
      '@evil.example',
      '\u2028',
      '\0',
      '%0d%0a',
    ),
  );
  fc.assert(
    fc.property(hostile, hostile, hostile, (user, event, other) => {
      const read = parseMessage(Buffer.from(request({ user, event, other })));
      if (read.kind === 'refusal') throw new Error(read.reason);
      expect(read.headers.map(({ name }) => name)).toEqual(names);
      expect(read.body).toHaveLength(0);
      expect(read).toMatchObject({ uri: expect.stringMatching(/^sip:([^@\s<>"]+@)?192\.0\.2\.7:5060$/) });
    }),
    { numRuns: 2_000 },
  );
});

const names = [
  ...['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Authorization'],
  ...['Event', 'Subscription-State', 'User-Agent', 'Content-Type'],
];

function request({ user = '1001', event = 'check-sync', other = 'a' }): string {
  const written = notifyRequest({
    target: { address: '192.0.2.7', port: 5060 },
    local: { address: '192.0.2.1', port: 5060 },
    user,
    event: { event, content_type: other },
    callId: '1',
    fromTag: '2',
    branch: '3',
    cseq: 1,
    userAgent: other,
    authorization: [{ name: 'Authorization', value: other }],
  });
  return writeMessage(written).toString();
}

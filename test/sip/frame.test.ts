import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFramer } from '../../src/sip/frame.ts';

const message = (body: string, name = 'Content-Length'): string =>
  `SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.1\r\n${name}: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

function frame(pieces: readonly Uint8Array[]): { messages: string[]; fault?: string } {
  const framer = createFramer();
  const messages: string[] = [];
  let fault: string | undefined;
  for (const piece of pieces) fault = framer.push(piece, (bytes) => messages.push(Buffer.from(bytes).toString()));
  return { messages, fault };
}

test('gives the same messages wherever the stream is cut, with keep-alives between them', () => {
  const bodies = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.constantFrom('', '\r\n', '\r\n\r\n')), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      bodies,
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.constantFrom('Content-Length', 'l', 'CONTENT-LENGTH '),
      (parts, at, name) => {
        const texts = parts.map(([body]) => message(body, name));
        const stream = Buffer.from(parts.map(([, gap], index) => gap + texts[index]).join(''));
        const places = [0, ...at.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        const pieces = places.slice(1).map((end, index) => stream.subarray(places[index], end));
        expect(frame(pieces)).toEqual({ messages: texts, fault: undefined });
      },
    ),
  );
});

test.each([
  ['without a length', 'SIP/2.0 200 OK\r\n\r\n', 'a message does not say how long it is'],
  ['with two lengths', 'SIP/2.0 200 OK\r\nl: 1\r\nContent-Length: 2\r\n\r\n', 'a message does not say how long it is'],
  ['of more than it may have', 'SIP/2.0 200 OK\r\nl: 70000\r\n\r\n', 'a message does not say how long it is'],
  ['without an end', `SIP/2.0 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`, 'the head of a message does not end'],
])('gives up on a message %s', (_, text, fault) => {
  expect(frame([Buffer.from(text)])).toEqual({ messages: [], fault });
});

test('takes whatever comes', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (pieces) => void frame(pieces)));
});

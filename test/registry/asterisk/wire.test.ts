import fc from 'fast-check';
import { expect, test } from 'vitest';
import { busyOf, changeOf, contactOf } from '../../../src/registry/asterisk/messages.ts';
import { type AmiMessage, createAmiReader, writeAction } from '../../../src/registry/asterisk/wire.ts';
import { toRegistration } from '../../../src/registry/registration.ts';
import { greeting, listing, polycom, yealink } from './recorded.ts';

const recorded = greeting + listing(polycom, yealink);

function read(pieces: readonly Uint8Array[]): { messages: AmiMessage[]; fault?: string } {
  const reader = createAmiReader();
  const messages: AmiMessage[] = [];
  let fault: string | undefined;
  for (const piece of pieces) fault = reader.push(piece, (message) => messages.push(message));
  return { messages, fault };
}

const cuts = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [0, ...at.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

test('reads the same wherever it is cut', () => {
  const whole = read([Buffer.from(recorded)]).messages.map((message) => message.get('Uri'));
  expect(whole.filter(Boolean)).toHaveLength(2);
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 30 }), (at) => {
      expect(read(cuts(Buffer.from(recorded), at)).messages.map((message) => message.get('Uri'))).toEqual(whole);
    }),
  );
});

test('reads whatever comes, and makes registrations only of what is one', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom('Uri: ', '\r\n\r\n', 'ObjectName: ', 'a:b').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 40 }), (pieces) => {
      for (const message of read(pieces).messages) {
        busyOf(message);
        changeOf(message, 0);
        const claim = contactOf(message, 0);
        const registration = claim && toRegistration(claim, 'pbx');
        if (registration) expect(registration.port).toBeGreaterThan(0);
      }
    }),
  );
});

test('gives up on a message without end', () => {
  expect(read([Buffer.from('a: b\r\n'.repeat(2_000))]).fault).toBe('it sent a message of more than 1000 lines');
});

test('writes values that add no line', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(writeAction([['Variable', value]]).split('\r\n')).toHaveLength(3);
    }),
  );
});

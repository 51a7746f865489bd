import fc from 'fast-check';
import { expect, test } from 'vitest';
import { netasciiSize, toNetascii } from '../../../src/serving/tftp/netascii.ts';

test('a line feed travels as CR LF, and a carriage return as CR NUL', () => {
  expect(toNetascii(Buffer.from('one\ntwo\r\nthree\r'))).toEqual(Buffer.from('one\r\ntwo\r\0\r\nthree\r\0'));
});

test('the size is that of the converted bytes, and the way back gives the file', () => {
  const bytes = fc.array(fc.constantFrom(0, 10, 13, 65, 255), { maxLength: 200 }).map((list) => Buffer.from(list));
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const converted = toNetascii(a);
      expect(converted.length).toBe(netasciiSize(a));
      expect(fromNetascii(converted)).toEqual(a);
      expect(toNetascii(Buffer.concat([a, b]))).toEqual(Buffer.concat([converted, toNetascii(b)]));
    }),
  );
});

function fromNetascii(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes.toString('latin1').replace(/\r(\n|\0)/g, (_, end) => (end === '\n' ? '\n' : '\r')),
    'latin1',
  );
}

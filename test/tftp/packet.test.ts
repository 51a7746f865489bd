import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockOf,
  errors,
  opcodeOf,
  opcodes,
  parsePacket,
  writeAck,
  writeData,
  writeDataHeader,
  writeError,
  writeOack,
  writeRequest,
} from '../../src/tftp/packet.ts';

const word = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0'));
const options = fc.array(fc.tuple(word, word), { maxLength: 6 });
const block = fc.nat(0xffff);

describe('a packet that was written is read again', () => {
  test('as a request', () => {
    fc.assert(
      fc.property(fc.constantFrom('RRQ' as const, 'WRQ' as const), word, options, (method, path, options) => {
        const request = { method, path, mode: 'octet', options };
        expect(parsePacket(writeRequest(request))).toEqual({ kind: 'request', ...request });
      }),
    );
  });

  test('as DATA, ACK, ERROR and OACK', () => {
    fc.assert(
      fc.property(block, fc.uint8Array({ maxLength: 600 }), word, options, (number, bytes, text, options) => {
        const data = Buffer.from(bytes);
        expect(parsePacket(writeData(number, data))).toEqual({ kind: 'data', block: number, bytes: data });
        expect(parsePacket(writeAck(number))).toEqual({ kind: 'ack', block: number });
        expect(parsePacket(writeError('access', text))).toEqual({ kind: 'error', code: 2, message: text });
        expect(parsePacket(writeOack(options))).toEqual({ kind: 'oack', options });
      }),
    );
  });
});

test('reads the bytes of RFC 1350, not only what it wrote itself', () => {
  expect(parsePacket(Buffer.from('\0\x01y000.cfg\0OcTeT\0blksize\x001428\0'))).toEqual({
    kind: 'request',
    method: 'RRQ',
    path: 'y000.cfg',
    mode: 'octet',
    options: [['blksize', '1428']],
  });
  expect(parsePacket(Buffer.from([0, 4, 0x12, 0x34]))).toEqual({ kind: 'ack', block: 0x1234 });
  expect(parsePacket(Buffer.from('\0\x05\0\x03Disk full\0'))).toEqual({ kind: 'error', code: 3, message: 'Disk full' });
});

test('writes the bytes of RFC 1350', () => {
  expect(writeError('not-found')).toEqual(Buffer.from('\0\x05\0\x01File not found\0'));
  expect(writeOack([['tsize', '7']])).toEqual(Buffer.from('\0\x06tsize\x007\0'));
  const header = Buffer.alloc(4);
  writeDataHeader(header, 0xfffe);
  expect(header).toEqual(Buffer.from([0, 3, 0xff, 0xfe]));
});

test('reads a request whose last NUL is missing, and drops an option without a value', () => {
  expect(parsePacket(Buffer.from('\0\x01a\0octet'))).toMatchObject({ kind: 'request', path: 'a', mode: 'octet' });
  expect(parsePacket(Buffer.from('\0\x01a\0octet\0tsize\x000\0blksize\0'))).toMatchObject({
    options: [['tsize', '0']],
  });
});

test('keeps a name in UTF-8 as it is', () => {
  const request = { method: 'RRQ', path: 'Klingelton-ä-電話.wav', mode: 'octet', options: [] } as const;
  expect(parsePacket(writeRequest(request))).toMatchObject({ path: 'Klingelton-ä-電話.wav' });
});

test.each([
  ['an empty datagram', ''],
  ['one byte', '\0'],
  ['an opcode and nothing else', '\0\x04'],
  ['half a block number', '\0\x03\0'],
  ['an opcode that TFTP does not have', '\0\x09abcd'],
  ['a request without a name', '\0\x01'],
  ['a request without a mode', '\0\x01name\0'],
  ['a request of one endless name', `\0\x02${'a'.repeat(2000)}`],
])('calls %s malformed', (_, bytes) => {
  expect(parsePacket(Buffer.from(bytes, 'latin1'))).toMatchObject({ kind: 'malformed' });
});

test('never throws, whatever the bytes', () => {
  const opcode = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 255);
  fc.assert(
    fc.property(opcode, fc.uint8Array({ maxLength: 2000 }), fc.boolean(), (opcode, rest, whole) => {
      const packet = whole ? Buffer.concat([Buffer.from([0, opcode]), rest]) : Buffer.from(rest);
      expect(() => [parsePacket(packet), opcodeOf(packet), blockOf(packet)]).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});

test('numbers opcodes and errors as the RFCs do, each once', () => {
  expect(Object.values(opcodes)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(Object.values(errors).map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

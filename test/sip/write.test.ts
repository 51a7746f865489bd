import { expect, test } from 'vitest';
import { writeMessage } from '../../src/sip/write.ts';

const request = { kind: 'request', method: 'NOTIFY', uri: 'sip:a', headers: [], body: Buffer.from('ä') } as const;

test('writes the length of the body in bytes, last', () => {
  const written = writeMessage({ ...request, headers: [{ name: 'Event', value: 'x' }] });
  expect(String(written)).toBe('NOTIFY sip:a SIP/2.0\r\nEvent: x\r\nContent-Length: 2\r\n\r\nä');
});

test('writes an answer', () => {
  const response = { kind: 'response', status: 200, reason: 'O\r\nK', headers: [], body: new Uint8Array() } as const;
  expect(String(writeMessage(response))).toBe('SIP/2.0 200 O K\r\nContent-Length: 0\r\n\r\n');
});

test('writes control characters in a value as a blank', () => {
  const written = writeMessage({ ...request, headers: [{ name: 'Event', value: 'a\r\n\0b\tc' }] });
  expect(String(written)).toContain('\r\nEvent: a b c\r\n');
});

test.each([
  { ...request, method: 'NOT IFY' },
  { ...request, uri: 'sip:a SIP/2.0\r\nX: y' },
  { ...request, uri: '' },
  { ...request, headers: [{ name: 'Event: a\r\nX', value: 'b' }] },
])('does not write what only a fault of the program can give', (message) => {
  expect(() => writeMessage(message)).toThrow(RangeError);
});

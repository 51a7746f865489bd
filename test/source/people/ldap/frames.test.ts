import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BerError, BerReader } from '../../../../src/source/people/ldap/ber.ts';
import { readEntry } from '../../../../src/source/people/ldap/entry.ts';
import { createFrames } from '../../../../src/source/people/ldap/frames.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const message = hex('30 1b 02 01 05 64 16 04 04 636e3d61 30 0e 30 0c 04 02 636e 31 06 04 04 31303031');

describe('what comes from a server', () => {
  test('is cut into messages, however it is cut up on its way', () => {
    const two = Buffer.concat([message, message]);
    fc.assert(
      fc.property(fc.array(fc.nat(two.length), { maxLength: 5 }), (cuts) => {
        const { take } = createFrames();
        const ends = [...cuts, two.length].sort((a, b) => a - b);
        const frames = ends.flatMap((end, index) => take(two.subarray(index === 0 ? 0 : ends[index - 1], end)));
        expect(frames.map(({ id, operation }) => [id, operation])).toEqual([
          [5, 0x64],
          [5, 0x64],
        ]);
        const { dn, attributes } = readEntry(frames[1]!.body);
        expect([dn, [...attributes]]).toEqual(['cn=a', [['cn', ['1001']]]]);
      }),
    );
  });

  test('may be anything: it is read, or refused in one way', () => {
    const read = (bytes: Buffer) => {
      for (const { body, controls } of createFrames().take(bytes)) {
        controls();
        readEntry(body);
      }
    };
    const attempt = (bytes: Buffer) => {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(BerError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => attempt(Buffer.from(bytes))));
    // Nearly right ones go deeper.
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.nat(255), fc.boolean(), (at, value, isCut) => {
        const bytes = Buffer.from(message);
        bytes[at] = value;
        attempt(isCut ? Buffer.concat([bytes.subarray(0, at), bytes]) : bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('is refused when it would never end', () => {
    expect(() => createFrames().take(hex('30 84 7fffffff 02'))).toThrow('longer than 8 MiB');
    expect(() => createFrames().take(hex('30 80 02 01 01'))).toThrow('a length of 0 bytes');
    expect(() => new BerReader(hex('04 05 41')).text()).toThrow('longer than what it stands in');
    expect(() => new BerReader(hex('02 05 0102030405')).integer()).toThrow('a number of 5 bytes');
  });
});

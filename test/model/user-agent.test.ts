import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutUserAgent, identify } from '../../src/model/user-agent.ts';

const vendors = [
  {
    id: 'acme',
    user_agents: [
      /^Acme (?:SIP-)?(?<model>[A-Z]+\d+\w*)\s+(?<firmware>\d+(?:\.\d+){3})(?:\s+(?<mac>[0-9A-Fa-f:]{12,17})$)?/,
      /^Acme (?<model>\w+)/,
    ],
  },
  { id: 'other', user_agents: [/^Other HW (?<model>\w+) SW (?<firmware>\S+) DevId (?<mac>[0-9a-fA-F]{12})/] },
];

describe('a user agent', () => {
  test('says vendor, model, firmware and MAC by the vendor’s own pattern', () => {
    expect(identify('Acme SIP-T46S 66.86.0.15 80:5E:C0:aa:bb:cc', vendors)).toEqual({
      vendor: 'acme',
      model: 'T46S',
      firmware: '66.86.0.15',
      mac: '805ec0aabbcc',
    });
    expect(identify('Other HW GX2135 SW 1.0.7.97 DevId 000b828aa872', vendors)).toMatchObject({
      vendor: 'other',
      mac: '000b828aa872',
    });
  });

  test('says no more than it holds', () => {
    expect(identify('Acme T46S 66.86.0.15', vendors)).toEqual({
      vendor: 'acme',
      model: 'T46S',
      firmware: '66.86.0.15',
      mac: undefined,
    });
    expect(identify('Acme DECT', vendors)).toEqual({ vendor: 'acme', model: 'DECT' });
    expect(identify('curl/7.88.1', vendors)).toEqual({});
    expect(identify('', vendors)).toEqual({});
  });

  test('never says the MAC 000000000000, nor half a MAC', () => {
    expect(identify('Other HW GX1 SW 1 DevId 000000000000', vendors).mac).toBeUndefined();
    expect(identify('Acme T46S 66.86.0.15 80:5e:c0:aa:bb:', vendors).mac).toBeUndefined();
  });

  test('is cut to 256 characters, and its control characters are blanks', () => {
    expect(cutUserAgent('x'.repeat(10_000))).toHaveLength(256);
    expect(cutUserAgent('a\r\nb\u2028c')).toBe('a  b c');
  });

  test('of any text is read without a fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const userAgent of [text, `Acme ${text}`, `Acme T46S 1.2.3.4 ${text}`]) {
          const { mac } = identify(userAgent, vendors);
          expect(mac === undefined || /^[0-9a-f]{12}$/.test(mac)).toBe(true);
        }
      }),
    );
  });
});

import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Address,
  createRanges,
  formatAddress,
  isPrivateAddress,
  isPrivateCidr,
  isRange,
  parseAddress,
  parseCidr,
} from '../../src/model/cidr.ts';

const address = (text: string): Address => parseAddress(text) as Address;
const fault = (text: string): string => {
  const parsed = parseCidr(text);
  return isRange(parsed) ? `${text} is a range` : parsed.fault;
};

describe('an address', () => {
  it('is read as 32 bits or 128', () => {
    expect(parseAddress('192.0.2.1')).toEqual({ family: 4, value: 0xc0000201 });
    expect(parseAddress('::1')).toEqual({ family: 6, value: 1n });
    expect(parseAddress('2001:db8::ff00:42:8329')).toEqual({
      family: 6,
      value: 0x20010db8000000000000ff0000428329n,
    });
  });

  it('counts as IPv4 when it only travelled in IPv6', () => {
    for (const text of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1'])
      expect(parseAddress(text)).toEqual(parseAddress('192.0.2.1'));
    expect(parseAddress('::192.0.2.1')?.family).toBe(6);
  });

  it('loses its zone', () => {
    expect(parseAddress('fe80::1%eth0')).toEqual(parseAddress('fe80::1'));
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '12345::',
    '::g',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '%eth0',
  ])('is not read from %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('is read exactly when Node reads it', () => {
    const anything = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.'), maxLength: 20 }),
      fc.string(),
    );
    fc.assert(
      fc.property(
        anything.filter((text) => !text.includes('%')),
        (text) => {
          expect(parseAddress(text) !== undefined, text).toBe(isIP(text) !== 0);
        },
      ),
    );
  });

  it('is written as it was read', () => {
    const roundTrip = (text: string) => {
      const { family, value } = address(text);
      return parseAddress(formatAddress(family, BigInt(value)));
    };
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => void expect(roundTrip(text)).toEqual(address(text))),
    );
    expect(formatAddress(6, 0x20010db8000000010000000000000001n)).toBe('2001:db8:0:1::1');
    expect(formatAddress(6, 0n)).toBe('::');
    expect(formatAddress(6, 1n << 112n)).toBe('1::');
    expect(formatAddress(6, 0x00010002000300040005000600070008n)).toBe('1:2:3:4:5:6:7:8');
  });
});

describe('a range', () => {
  it('is a network with the length of its prefix, or one address', () => {
    expect(parseCidr('192.0.2.0/30')).toEqual({ family: 4, first: 0xc0000200n, last: 0xc0000203n });
    expect(parseCidr('192.0.2.1')).toEqual({ family: 4, first: 0xc0000201n, last: 0xc0000201n });
    expect(parseCidr('0.0.0.0/0')).toEqual({ family: 4, first: 0n, last: 0xffffffffn });
    expect(parseCidr('::/0')).toEqual({ family: 6, first: 0n, last: (1n << 128n) - 1n });
    expect(parseCidr('::ffff:192.0.2.0/126')).toEqual(parseCidr('192.0.2.0/30'));
  });

  it('says in a sentence what is wrong with it', () => {
    expect(fault('192.168.1.0/33')).toBe('"192.168.1.0/33" has the prefix length "33"; wanted 0 to 32');
    expect(fault('192.168.1.0/')).toBe('"192.168.1.0/" has the prefix length ""; wanted 0 to 32');
    expect(fault('192.168.1.0/-1')).toBe('"192.168.1.0/-1" has the prefix length "-1"; wanted 0 to 32');
    expect(fault('::ffff:192.168.1.0/24')).toBe('"::ffff:192.168.1.0/24" has the prefix length "24"; wanted 96 to 128');
    expect(fault('192.168.1.14/24')).toBe(
      '"192.168.1.14/24" has digits behind its prefix; wanted 192.168.1.0/24 or a longer prefix',
    );
    expect(fault('::ffff:10.1.1.1/104')).toBe(
      '"::ffff:10.1.1.1/104" has digits behind its prefix; wanted 10.0.0.0/8 or a longer prefix',
    );
    for (const text of ['', 'any', '10.0.0.0/8/8', '10.0.0/8', 'fe80::1%eth0/64'])
      expect(fault(text)).toContain('is no range of addresses; wanted a form such as 192.168.0.0/16');
  });

  it('never fails to be read or refused', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseCidr(text)));
  });
});

describe('many ranges', () => {
  const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
  const networkOf = (text: string, prefix: number): string => {
    const { family, value } = address(text);
    const bits = BigInt(family === 4 ? 32 : 128) - BigInt(family === 4 && text.includes(':') ? 32 : prefix);
    const rest = bits < 0n ? 0n : bits;
    return `${formatAddress(family, (BigInt(value) >> rest) << rest)}/${(family === 4 ? 32 : 128) - Number(rest)}`;
  };

  it('hold exactly the addresses of their family that Node says they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(v4, v6), { maxLength: 20 }),
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 20 }),
        (networks, probes) => {
          const texts = networks.map(([text, prefix]) => networkOf(text, prefix));
          const lists = { 4: new BlockList(), 6: new BlockList() };
          for (const text of texts) {
            const [network = '', prefix] = text.split('/');
            if (network.includes(':')) lists[6].addSubnet(network, Number(prefix), 'ipv6');
            else lists[4].addSubnet(network, Number(prefix), 'ipv4');
          }
          const ranges = createRanges(texts);
          for (const probe of [...probes, ...networks.map(([text]) => text)]) {
            const { family, value } = address(probe);
            const plain = formatAddress(family, BigInt(value));
            expect(ranges.has(address(probe)), `${probe} in ${texts}`).toBe(
              lists[family].check(plain, family === 4 ? 'ipv4' : 'ipv6'),
            );
          }
        },
      ),
    );
  });

  it('join where they touch, so that they cover a range together', () => {
    const ranges = createRanges(['10.0.0.0/9', '10.128.0.0/9', '192.168.1.0/24']);
    const covers = (text: string) => ranges.covers(parseCidr(text) as Parameters<typeof ranges.covers>[0]);
    expect(covers('10.0.0.0/8')).toBe(true);
    expect(covers('192.168.0.0/16')).toBe(false);
    expect(covers('0.0.0.0/0')).toBe(false);
    expect(covers('::/0')).toBe(false);
  });

  it('refuse a text that is no range', () => {
    expect(() => createRanges(['10.0.0.0/8', 'any'])).toThrow('"any" is no range of addresses');
  });
});

describe('what is private', () => {
  it.each(['10.1.2.3', '172.31.255.255', '192.168.1.14', '100.64.0.1', '127.0.0.1', '169.254.1.1', '::1', 'fd00::1'])(
    'is %s',
    (text) => {
      expect(isPrivateAddress(address(text))).toBe(true);
      expect(isPrivateCidr(text)).toBe(true);
    },
  );

  it.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '2a00::1', '203.0.112.1'])('is not %s', (text) => {
    expect(isPrivateAddress(address(text))).toBe(false);
  });

  it('is a range when all of it is', () => {
    expect(isPrivateCidr('10.0.0.0/8')).toBe(true);
    expect(isPrivateCidr('8.0.0.0/6')).toBe(false);
    expect(isPrivateCidr('0.0.0.0/0')).toBe(false);
    expect(isPrivateCidr('nonsense')).toBe(false);
  });
});

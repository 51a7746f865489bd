import { expect, test } from 'vitest';
import { addressesOf } from '../../src/setup/addresses.ts';

const v4 = (address: string, internal = false) => ({ address, family: 'IPv4', internal });
const v6 = (address: string) => ({ address, family: 'IPv6', internal: false });

test('a private address on a cable comes first, then radio, then what phones seldom reach; loopback is last', () => {
  const found = addressesOf({
    lo: [v4('127.0.0.1', true)],
    docker0: [v4('172.17.0.1')],
    wlan0: [v4('192.168.1.20')],
    eth1: [v4('169.254.7.7')],
    eth0: [v6('fe80::1'), v6('2001:db8::1'), v4('192.168.1.14')],
    none: undefined,
  });
  expect(found.map(({ address }) => address)).toEqual([
    ...['192.168.1.14', '192.168.1.20', '2001:db8::1', '172.17.0.1', '169.254.7.7', '127.0.0.1'],
  ]);
});

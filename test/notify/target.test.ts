import { expect, test } from 'vitest';
import type { Device, Line } from '../../src/model/device.ts';
import type { Mac } from '../../src/model/mac.ts';
import { Secret } from '../../src/model/secret.ts';
import { recipientOf } from '../../src/notify/target.ts';

const line = { extension: '1001', auth_user: 'ada', password: new Secret('x') } as Line;
const mac = '001565123456' as Mac;
const device = (more: Partial<Device>): Device => ({ mac, sip_port: 5062, lines: [line], ...more }) as Device;
const nowhere = () => undefined;

test('is the fixed address, with the first line as user and its credentials', () => {
  expect(recipientOf(device({ ip: '192.0.2.7' }), () => '192.0.2.8')).toEqual({
    mac,
    target: { address: '192.0.2.7', port: 5062 },
    user: '1001',
    credentials: { user: 'ada', password: line.password },
  });
});

test('is else the address that the device last fetched from', () => {
  const asked: Mac[] = [];
  const seen = (of: Mac) => {
    asked.push(of);
    return '::ffff:192.0.2.8';
  };
  expect(recipientOf(device({}), seen).target).toEqual({ address: '192.0.2.8', port: 5062 });
  expect(asked).toEqual([mac]);
  expect(recipientOf(device({}), () => '2001:db8::7').target?.address).toBe('2001:db8::7');
});

test('is nothing when no address is known, or what is known is none', () => {
  expect(recipientOf(device({}), nowhere).target).toBeUndefined();
  expect(recipientOf(device({ ip: 'phone.example.com' }), nowhere).target).toBeUndefined();
});

test('has the MAC as user, and no credentials, where there is no line', () => {
  expect(recipientOf(device({ lines: [], ip: '192.0.2.7' }), nowhere)).toMatchObject({
    user: mac,
    credentials: undefined,
  });
  const withoutPassword = { ...line, password: new Secret('') };
  expect(recipientOf(device({ lines: [withoutPassword] }), nowhere).credentials).toBeUndefined();
});

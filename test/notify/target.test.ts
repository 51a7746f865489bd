import { expect, test } from 'vitest';
import type { Device, Line } from '../../src/model/device.ts';
import type { Mac } from '../../src/model/mac.ts';
import { Secret } from '../../src/model/secret.ts';
import { recipientOf } from '../../src/notify/target.ts';

const line = { extension: '1001', auth_user: 'ada', password: new Secret('x') } as Line;
const mac = '001565123456' as Mac;
const device = (more: Partial<Device>): Device => ({ mac, sip_port: 5062, lines: [line], ...more }) as Device;
const place = { address: '192.0.2.7', port: 5062 };

test('is called by its first line, and has its credentials', () => {
  expect(recipientOf(device({}), place)).toEqual({
    mac,
    target: place,
    user: '1001',
    credentials: { user: 'ada', password: line.password },
  });
});

test('has no target when nobody knows where it is', () => {
  expect(recipientOf(device({}), undefined).target).toBeUndefined();
});

test('has the MAC as user, and no credentials, where there is no line', () => {
  expect(recipientOf(device({ lines: [] }), place)).toMatchObject({ user: mac, credentials: undefined });
  const withoutPassword = { ...line, password: new Secret('') };
  expect(recipientOf(device({ lines: [withoutPassword] }), place).credentials).toBeUndefined();
});

import { expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import type { Device, Server, Settings, Sip } from '../../src/model/device.ts';
import type { Mac } from '../../src/model/mac.ts';
import { Secret } from '../../src/model/secret.ts';
import { openWritten, readWritten } from '../../src/state/written.ts';
import { stateFolder } from './folder.ts';

const server: Server = { address: '192.0.2.1', protocol: 'http', http: { port: 8080 }, tftp: { port: 69 } };
const sip: Sip = { server: 'pbx.example.com', port: 5060, transport: 'udp', expiry: 3600 };
const settings = {
  ...{ timezone: 'UTC', time_format: 24, language: 'en', ntp: [], codecs: ['pcma'], dtmf: 'info', srtp: 'off' },
  ...{ voicemail: '', pickup_code: '', web: 'https', lldp: true, parameters: { server: '7', settings: '8' } },
  admin_password: new Secret('hidden'),
} as const satisfies Settings;

function deviceOf(mac: string, name: string, own: Partial<Device> = {}): Device {
  const line = { index: 1, extension: '1001', name, label: name, auth_user: '1001', voicemail: '', sip };
  const lines = [{ ...line, password: new Secret('hidden') }];
  return { mac: mac as Mac, vendor: 'v', model: 'm', sip_port: 5060, server, lines, keys: [], settings, ...own };
}

/** A record, and how it reads after it was closed. */
function createRecord() {
  const place = { folder: stateFolder(), out: '/srv/out', log: createLog(() => {}) };
  const written = openWritten(place);
  const read = (mac: string) => {
    const reader = readWritten(place);
    const device = reader.device(mac as Mac);
    reader.close();
    return device;
  };
  return { written, read };
}

test('devices are remembered whole, with secrets as dots, though what they share is kept once', () => {
  const { written, read } = createRecord();
  const other = { ...settings, language: 'de' };
  const devices = [deviceOf('020000000001', 'Ada'), deviceOf('020000000002', 'Grace', { settings: other })];
  written.putDevices(devices);
  for (const device of devices) {
    expect(read(device.mac)).toEqual(JSON.parse(JSON.stringify(device)));
    expect(JSON.stringify(read(device.mac))).not.toContain('hidden');
  }
  written.putDevices([deviceOf('020000000001', 'Ada', { settings: other })]);
  written.removeDevices(['020000000002' as Mac]);
  expect(read('020000000001')).toMatchObject({ settings: { language: 'de' } });
  expect(read('020000000002')).toBeUndefined();
  expect(read('020000000003')).toBeUndefined();
  written.close();
});

test('what a failed transaction has not kept is kept by the next', () => {
  const { written, read } = createRecord();
  const unwritable = deviceOf('020000000002', 'Grace', { mac: {} as unknown as Mac });
  expect(() => written.putDevices([deviceOf('020000000001', 'Ada'), unwritable])).toThrow();
  expect(read('020000000001')).toBeUndefined();
  written.putDevices([deviceOf('020000000001', 'Ada')]);
  expect(read('020000000001')).toMatchObject({ server, lines: [{ sip }] });
  written.close();
});

import { describe, expect, test } from 'vitest';
import type { Device, Line } from '../../src/model/device.ts';
import type { Mac } from '../../src/model/mac.ts';
import { type Claim, type Registration, toRegistration } from '../../src/registry/registration.ts';
import { createView } from '../../src/registry/view.ts';
import type { Visit } from '../../src/registry/visits.ts';
import { type Surroundings, whereIs } from '../../src/registry/where.ts';

const now = 1_800_000_000_000;
const ada = '001565123456' as Mac;
const bob = '001565654321' as Mac;
const acme = { id: 'acme', user_agents: [/^Acme (?<model>\w+) (?<firmware>\S+)(?: (?<mac>[0-9a-f]{12}))?$/i] };
const other = { id: 'other', user_agents: [/^Other /] };

const device = (mac: Mac, extension: string, more: Partial<Device> = {}): Device =>
  ({ mac, vendor: 'acme', sip_port: 5060, lines: [{ extension } as Line], ...more }) as Device;

const claim = (extension: string, contact: string, more: Partial<Claim> = {}): Registration =>
  toRegistration({ extension, contact, at: now - 60_000, expires: now + 60_000, ...more }, 'pbx')!;

interface World {
  readonly registrations?: readonly Registration[];
  readonly visits?: readonly Visit[];
  readonly devices?: readonly Device[];
  readonly isUp?: boolean;
}

function around({ registrations = [], visits = [], devices = [], isUp = true }: World): Surroundings {
  const view = createView(100, () => now);
  view.snapshot('pbx', registrations);
  return {
    ...{
      view,
      vendors: new Map([
        ['acme', acme],
        ['other', other],
      ]),
      visits: () => visits,
      now: () => now,
      isUp: () => isUp,
    },
    isDevice: (mac) => devices.some((device) => device.mac === mac),
    owners: (extension) => devices.filter(({ lines }) => lines.some((line) => line.extension === extension)).length,
  };
}

const phone = device(ada, '1001');
const where = (world: World, asked = phone) => whereIs(asked, around({ devices: [phone], ...world }));
const visit = (address: string, user_agent?: string, ago = 60_000): Visit => ({ address, user_agent, at: now - ago });

describe('a device is', () => {
  test('at its fixed address first, by the port and transport that it registered from there', () => {
    const fixed = device(ada, '1001', { ip: '192.0.2.7' });
    const registrations = [claim('1001', 'sip:1001@192.0.2.7:5072;transport=tcp')];
    expect(where({ registrations }, fixed)).toMatchObject({ address: '192.0.2.7', port: 5072, transport: 'tcp' });
    expect(where({ registrations, visits: [visit('192.0.2.9')] }, { ...fixed, ip: '192.0.2.8' })).toMatchObject({
      ...{ address: '192.0.2.8', port: 5060, transport: 'udp', source: 'devices.yml' },
      registration: { contact: 'sip:1001@192.0.2.7:5072;transport=tcp' },
    });
  });

  test.each([
    ['contact', { contact: 'sip:001565123456@192.0.2.7:5070' }],
    ['user agent', { contact: 'sip:x@192.0.2.7:5070', user_agent: 'Acme X1 1.0 00:15:65:12:34:56' }],
    ['instance', { contact: '<sip:x@192.0.2.7:5070>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-001565123456>"' }],
  ])('where it registered with its MAC in the %s, whatever the extension', (_, { contact, ...more }) => {
    expect(where({ registrations: [claim('77', contact, more)] })).toMatchObject({
      ...{ address: '192.0.2.7', port: 5070, source: 'pbx', confidence: 90 },
      reason: 'registered with pbx as 77 (it says the device’s MAC), as of 60 s ago',
    });
  });

  test('where its extension registered, if no other device has that', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.7:5070')];
    expect(where({ registrations })).toMatchObject({ address: '192.0.2.7', confidence: 70 });
    expect(where({ registrations, devices: [phone, device(bob, '1001')] })).toBeUndefined();
  });

  test('not where another device of the site registered with the same extension', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.8:5070', { user_agent: `Acme X1 1.0 ${bob}` })];
    expect(where({ registrations, devices: [phone, device(bob, '1001')] })).toBeUndefined();
  });

  test('of two with one extension where it fetched from', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.7'), claim('1001', 'sip:1001@192.0.2.8')];
    const world = { registrations, devices: [phone, device(bob, '1001')], visits: [visit('::ffff:192.0.2.8')] };
    expect(where(world)).toMatchObject({ address: '192.0.2.8', confidence: 60 });
  });

  test('where the surer registration is, and of equally sure ones the later', () => {
    const registrations = [
      claim('1001', 'sip:1001@192.0.2.7', { at: now - 1 }),
      claim('1001', 'sip:1001@192.0.2.8', { at: now - 90_000, user_agent: `Acme X1 1.0 ${ada}` }),
      claim('1001', 'sip:1001@192.0.2.9', { at: now - 80_000, user_agent: `Acme X1 1.0 ${ada}` }),
    ];
    expect(where({ registrations })?.address).toBe('192.0.2.9');
  });

  test('where its packets come from, when its contact is behind a NAT', () => {
    const registrations = [claim('1001', 'sip:1001@10.0.0.7:5060', { received: 'sip:198.51.100.7:40123' })];
    expect(where({ registrations })).toMatchObject({ address: '198.51.100.7', port: 40123 });
  });

  test('where it registered, and not where a browser fetched its files a moment ago', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.7')];
    const visits = [visit('192.0.2.99', 'Mozilla/5.0 (X11)', 0)];
    expect(where({ registrations, visits })?.address).toBe('192.0.2.7');
  });

  test('where it fetched by itself, and not where curl did later: that is said', () => {
    const visits = [visit('192.0.2.99', 'curl/8.0', 0), visit('192.0.2.7', 'Acme X1 1.0')];
    expect(where({ visits })).toMatchObject({
      ...{ address: '192.0.2.7', port: 5060, source: 'fetch log' },
      reason:
        'fetched from there 60 s ago as "Acme X1 1.0"; the later one from 192.0.2.99 by "curl/8.0" is not taken for the phone',
    });
  });

  test('where it fetched over TFTP, once that is a day newer than its last fetch over HTTP', () => {
    const visits = [visit('192.0.2.8', undefined, 0), visit('192.0.2.7', 'Acme X1 1.0', 25 * 3_600_000)];
    expect(where({ visits })?.address).toBe('192.0.2.8');
    expect(where({ visits: [visits[0]!, visit('192.0.2.7', 'Acme X1 1.0', 3_600_000)] })?.address).toBe('192.0.2.7');
  });

  test('where something unknown fetched, when that is all that there is', () => {
    expect(where({ visits: [visit('192.0.2.99', 'curl/8.0')] })).toMatchObject({
      address: '192.0.2.99',
      reason: expect.stringContaining('which is not known as a phone of this vendor'),
    });
  });

  test('where it fetched, when its registration is over; and there, when nothing else is known', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.7', { expires: now - 1 })];
    expect(where({ registrations, visits: [visit('192.0.2.8', 'Acme X1 1.0')] })?.address).toBe('192.0.2.8');
    expect(where({ registrations })).toMatchObject({
      address: '192.0.2.7',
      reason: expect.stringContaining('which is over by now'),
    });
  });

  test('still where a source that is away said that it is', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.7')];
    expect(where({ registrations, isUp: false })?.reason).toMatch(/; pbx is away$/);
  });

  test('not where a phone of another vendor registered its extension, if it fetched from elsewhere', () => {
    const registrations = [claim('1001', 'sip:1001@192.0.2.7', { user_agent: 'Other 5' })];
    expect(where({ registrations, visits: [visit('192.0.2.8', 'Acme X1 1.0')] })?.address).toBe('192.0.2.8');
  });
});

describe('a registration', () => {
  test.each([
    ['is of another scheme', 'tel:+4930'],
    ['has no address', 'sip:1001@phone.example.com'],
    ['has a port that there is not', 'sip:1001@192.0.2.7:70000'],
    ['is not closed', '<sip:1001@192.0.2.7'],
    ['has a line break in it', 'sip:1001@192.0.2.7\r\nVia: x'],
  ])('is none when its contact %s', (_, contact) => {
    expect(toRegistration({ extension: '1001', contact, at: now }, 'pbx')).toBeUndefined();
  });

  test('finds room only for so many', () => {
    const view = createView(2);
    view.snapshot(
      'pbx',
      ['1', '2', '3'].map((extension) => claim(extension, `sip:${extension}@192.0.2.7`)),
    );
    expect(view.count('pbx')).toBe(2);
  });
});

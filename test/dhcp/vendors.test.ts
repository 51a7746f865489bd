import { describe, expect, test } from 'vitest';
import { type PlaceWords, planDhcp } from '../../src/dhcp/options.ts';
import { type DhcpServer, dhcpServers, writeDhcp } from '../../src/dhcp/servers.ts';
import type { Vendor } from '../../src/model/vendor.ts';
import { usualDhcp } from '../../src/model/vendor.ts';
import { shipped } from '../support/example-site.ts';

const url = 'https://phones.example.com';
const place: PlaceWords = { protocol: 'https', url, server: url, location: 'phones.example.com', address: '192.0.2.1' };
const vendors = [...shipped.vendors.values()];
const wishOf = ({ id, title, dhcp = usualDhcp }: Vendor) => ({ id, title, dhcp, place });

describe.each(vendors.map((vendor) => [vendor.title, vendor] as const))('%s', (_, vendor) => {
  test('is told by option 66 where its files are, whatever else it reads', () => {
    const { everybody, classes, notes } = planDhcp([wishOf(vendor)]);
    expect(notes).toEqual([]);
    expect(everybody.find(({ code }) => code === 66)?.text).toBe(url);
    // What option 43 says is for phones of this vendor alone.
    expect(everybody.some(({ code }) => code === 43)).toBe(false);
    for (const { options } of classes) for (const { text } of options) expect(text).toContain('phones.example.com');
  });
});

test.each(Object.keys(dhcpServers) as DhcpServer[])('all vendors together can be written for %s', (server) => {
  const plan = planDhcp(vendors.map(wishOf));
  const { text } = writeDhcp(server, plan);
  for (const { name } of plan.classes) expect(text).toContain(name);
  expect(text).not.toMatch(/undefined|\[object|\{\w+\}/);
});

test('an option that is longer than an option may be is left out, and said', () => {
  const dhcp = { ...usualDhcp, options: [{ code: 66, value: `{url}${'x'.repeat(250)}`, type: 'text' as const }] };
  const { everybody, notes } = planDhcp([{ id: 'acme', title: 'Acme', dhcp, place }]);
  expect(everybody).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^Acme: option 66 is left out: it has 276 bytes/)]);
});

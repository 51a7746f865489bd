import fc from 'fast-check';
import { expect, test } from 'vitest';
import { provisionedOf } from '../../src/api/provisioned.ts';
import { createProvisionedList } from '../../src/api/provisioned-list.ts';
import type { Device } from '../../src/model/device.ts';
import { type Mac, parseMac } from '../../src/model/mac.ts';
import type { Site } from '../../src/model/site.ts';
import { createConvergence } from '../../src/state/convergence.ts';

const macOf = (index: number) => parseMac(index.toString(16).padStart(12, '0').replace(/^00/, '02')) as Mac;

/** As much of devices and their site as the list has. */
function siteOf(count: number, address: string): Pick<Site, 'devices' | 'vendors'> {
  const server = { address, http: { port: 8080 }, tftp: { port: 69 }, protocol: 'http' };
  const deviceOf = (index: number) =>
    ({ mac: macOf(index), vendor: 'v', model: 'm', lines: [{ extension: `${index}` }], server }) as unknown as Device;
  return { devices: Array.from({ length: count }, (_, index) => deviceOf(index)), vendors: new Map() };
}

function createFleet(count: number) {
  const convergence = createConvergence();
  let site = siteOf(count, '192.0.2.1');
  const deps = {
    site: () => site as Site,
    devices: () => site.devices,
    begunAt: (mac: Mac) => convergence.wanted(mac)?.at,
    ...{ fetchedAt: convergence.fetchedAt, told: convergence.told },
  };
  return {
    list: createProvisionedList(deps),
    /** As it would be without anything that is kept. */
    anew: () => JSON.stringify(site.devices.map((device) => provisionedOf(device, deps))),
    build(index: number, at: number) {
      convergence.add.revisions([{ at, device: macOf(index), revision: 'r', files: '[["{mac}.cfg"]]' }]);
    },
    fetch(index: number, at: number) {
      const device = macOf(index);
      const file = `${device}.cfg`;
      const answer = { method: 'GET', path: `/${file}`, file, status: 200, complete: true, revision: 'r' };
      convergence.add.fetch({ at, device, address: '192.0.2.9', ...answer });
    },
    move(address: string) {
      site = siteOf(site.devices.length, address);
    },
  };
}

test('the list of all devices is what is known of each when it is asked for, whatever was told since the last time', async () => {
  const index = fc.nat(1200);
  const at = fc.integer({ min: 1, max: 2_000_000_000_000 });
  const step = fc.oneof(
    fc.record({ what: fc.constantFrom('build', 'fetch'), index, at }),
    fc.record({ what: fc.constant('move'), index, at }),
    fc.record({ what: fc.constant('ask'), index, at }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 500, 501, 1201), fc.array(step, { maxLength: 12 }), async (count, steps) => {
      const fleet = createFleet(count);
      for (const { what, index, at } of steps) {
        if (what === 'build') fleet.build(index, at);
        else if (what === 'fetch') fleet.fetch(index, at);
        else if (what === 'move') fleet.move(`192.0.2.${1 + (index % 200)}`);
        expect((await fleet.list()).toString()).toBe(fleet.anew());
      }
      expect((await fleet.list()).toString()).toBe(fleet.anew());
    }),
    { numRuns: 40 },
  );
});

test('who asks while the list is being made is told what was known when he asked', async () => {
  const fleet = createFleet(1201);
  const first = fleet.list();
  fleet.build(1200, 1_700_000_000_000);
  fleet.fetch(3, 1_700_000_000_000);
  const second = fleet.list();
  expect((await second).toString()).toBe(fleet.anew());
  expect(JSON.parse((await first).toString())).toHaveLength(1201);
});

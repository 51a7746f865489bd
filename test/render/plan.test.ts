import { expect, test } from 'vitest';
import type { Vendor } from '../../src/model/vendor.ts';
import { planDevice, planShared } from '../../src/render/plan.ts';
import { fullDevice, shipped, siteOf } from '../support/example-site.ts';

const given = [...shipped.vendors.values()][0] as Vendor;
const [first] = given.models.values();

function pathsFor(...names: string[]): string[] {
  if (!first) throw new Error('no model');
  const files = names.map((name) => ({ name, also: [], template: 'a.njk', format: 'cfg' as const }));
  const model = { ...first, id: 'x9', properties: { common: 'all.cfg' }, files };
  const vendor = { ...given, id: 'acme', models: new Map([['x9', model]]) };
  const device = fullDevice({ vendor, model });
  const site = siteOf([device], { ...shipped, vendors: new Map([['acme', vendor]]) });
  return [...planShared(site), ...planDevice(site, device)].flatMap(({ paths }) => paths);
}

test('a name has the device’s MAC, the model and its properties in place of the placeholders', () => {
  const mac = `${given.ouis[0]}000001`;
  expect(pathsFor('{mac}.cfg', '{MAC}.xml', '{model}.cfg', '{common}', 'one.cfg').sort()).toEqual(
    [`${mac}.cfg`, `${mac.toUpperCase()}.xml`, 'all.cfg', 'one.cfg', 'x9.cfg'].sort(),
  );
});

import { expect, test } from 'vitest';
import type { Directory } from '../../src/model/directory.ts';
import type { Site } from '../../src/model/site.ts';
import type { Model, Vendor } from '../../src/model/vendor.ts';
import { phonebooksOf } from '../../src/render/plan-phonebook.ts';
import { createRenderer } from '../../src/render/render.ts';
import { bareDevice, people, shipped, siteOf } from '../support/example-site.ts';

const vendor = [...shipped.vendors.values()].find(({ phonebook }) => phonebook?.per_file) as Vendor;
const [model] = [...vendor.models.values()];
const other = [...shipped.vendors.values()].find(({ id }) => id !== vendor.id) as Vendor;

const deviceWith = (directory: Directory | undefined, of = { vendor, model: model as Model }) =>
  bareDevice({ ...of, settings: { directory } });
const titled = (title: string) => deviceWith({ phonebook: { title, refresh: 360 } });
const saying = (site: Site, title?: string): Site => ({
  ...site,
  settingsOfModel: () => ({
    ...deviceWith(title === undefined ? undefined : { phonebook: { title, refresh: 360 } }).settings,
  }),
});
const titlesIn = (site: Site) =>
  phonebooksOf(site).map(({ plan }) => Object(plan().jobs[0]?.context).phonebook.title as string);

test('a phonebook is there for the vendors whose phones have one', () => {
  const [otherModel] = other.models.values();
  const without = bareDevice({
    vendor: other,
    model: otherModel as Model,
    settings: { directory: { phonebook: 'off' } },
  });
  expect(phonebooksOf(siteOf([titled('A'), without])).map(({ vendor: id }) => id)).toEqual([vendor.id]);
});

test('its title is that of the models, and else one of those that phones have, whatever their order', () => {
  const devices = ['Zebra', 'Ada', 'Moss'].map(titled);
  expect(titlesIn(saying(siteOf(devices), 'Company'))).toEqual(['Company']);
  expect(titlesIn(saying(siteOf(devices)))).toEqual(['Ada']);
  expect(titlesIn(saying(siteOf(devices.toReversed())))).toEqual(['Ada']);
});

test('it is rendered anew when people, the title or the server’s address change, and for nothing else', () => {
  const renderer = createRenderer();
  const name = vendor.phonebook?.name.replace('{page}', '1');
  const site = saying(siteOf([titled('A')]), 'A');
  const of = (changed: Partial<Site>) =>
    renderer({ ...site, ...changed })
      .shared()
      .files.find(({ path }) => path === name);
  const first = of({});
  expect(first).toBeDefined();
  expect(of({ devices: [...site.devices, titled('A')], prefixes: ['x'] })).toBe(first);
  expect(of({ phonebook: people.slice(1) })?.hash).not.toBe(first?.hash);
  expect(of({ phonebook: [...people] })?.hash).toBe(first?.hash);
  expect(of({ settingsOfModel: () => titled('B').settings })?.hash).not.toBe(first?.hash);
});

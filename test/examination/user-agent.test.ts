import { describe, expect, test } from 'vitest';
import { userAgentOf } from '../../src/examination/visit.ts';
import { identify } from '../../src/model/user-agent.ts';
import { bareDevice, shipped } from '../support/example-site.ts';

const vendors = [...shipped.vendors.values()];
const models = vendors.flatMap((vendor) =>
  [...vendor.models.values()].map((model) => [model.title, { vendor, model }] as const),
);

describe.each(models)('a %s', (_, { vendor, model }) => {
  const device = bareDevice({ vendor, model });

  test('is asked for by a user agent of its vendor and model, with its MAC', () => {
    const agent = identify(userAgentOf(device, vendor, undefined), vendors);
    expect(agent).toMatchObject({ vendor: vendor.id, mac: device.mac });
    const folded = (text = '') => text.toLowerCase().replace(/[^a-z0-9]/g, '');
    expect(folded(model.title)).toMatch(new RegExp(`${folded(agent.model)}$`));
  });

  test('is asked for by the one that its phone said last', () => {
    expect(userAgentOf(device, vendor, 'Phone 1')).toBe('Phone 1');
  });
});

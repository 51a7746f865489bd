import { describe, expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { gatherUnknown } from '../../src/state/unknown.ts';
import type { Askings } from '../../src/state/unknown-query.ts';
import { shipped } from '../support/example-site.ts';

const { vendors } = shipped;
const asking = (device: string | undefined, more: Partial<Askings> = {}): Askings => ({
  ...{ device: device as Mac | undefined, address: '192.0.2.7', protocol: 'tftp', path: `${device}.cfg` },
  ...{ first: 1000, last: 2000, count: 1 },
  ...more,
});
const gather = (devices: readonly Askings[], shared: readonly Askings[] = [], most?: number) =>
  gatherUnknown({ devices, shared: (each) => each(shared), isKnown: () => false, vendors, most });

describe('who asked and is in no devices.yml', () => {
  test('is one device, however often and from wherever it asked', () => {
    const rows = [
      asking('001565000001', { first: 5, last: 9, count: 3, address: '192.0.2.1' }),
      asking('001565000001', { path: '001565000001.boot', first: 2, last: 7, count: 4, address: '192.0.2.2' }),
    ];
    expect(gather(rows).phones).toMatchObject([
      { count: 7, first_seen: 2, last_seen: 9, address: '192.0.2.1', paths: ['001565000001.cfg', '001565000001.boot'] },
    ]);
  });

  test('is what most speaks for: a user agent is stronger than a name, and a name than the first half of the MAC', () => {
    const ofYealink = '001565000001';
    const path = `cfg${ofYealink}.xml`;
    const named = { user_agent: 'Cisco/SPA504G-7.5.5 (001565000001)(CBT141100HR)', model: 'SPA504G' };
    expect(gather([asking(ofYealink)]).phones[0]).toMatchObject({ vendor: 'yealink' });
    const rows = [asking('0200000000aa', { path: 'cfg0200000000aa.xml' })];
    expect(gather(rows).phones[0]).toMatchObject({ vendor: 'grandstream' });
    expect(gather([asking(ofYealink, { path, ...named }), asking(ofYealink, named)]).phones[0]).toMatchObject({
      ...{ vendor: 'cisco', model: 'spa504g' },
    });
  });

  test('is nobody’s where two vendors are as likely', () => {
    expect(gather([asking('0200000000aa')]).phones[0]?.vendor).toBeUndefined();
  });

  test('has the model of the common file that was asked for from its address, unless others are there', () => {
    const common = asking(undefined, { path: '/spa504G.cfg' });
    const [one, two] = [asking('000e08000001'), asking('000e08000002')];
    expect(gather([one], [common]).phones[0]).toMatchObject({ vendor: 'cisco', model: 'spa504g' });
    const late = { ...common, first: 1e9, last: 1e9 };
    const withoutVote = gather([asking('020000000001')], [late]).phones[0];
    expect(withoutVote?.vendor).toBeUndefined();
    expect(
      gather([asking('020000000001'), asking('020000000002'), two], [common]).phones.map(({ vendor }) => vendor),
    ).toEqual(expect.arrayContaining([undefined]));
  });

  test('is kept in bounds: of 200,000 made-up MACs the phones that were seen last', () => {
    function* flood(): Generator<Askings> {
      for (let index = 0; index < 200_000; index++) {
        const mac = `02ff${index.toString(16).padStart(8, '0')}`;
        yield asking(mac, { protocol: 'http', user_agent: 'scanner', last: index, first: index });
        if (index % 50_000 === 7) yield asking(`0015650${index.toString(16).padStart(5, '0')}`, { last: index });
      }
    }
    const found = gatherUnknown({ devices: flood(), shared: () => {}, isKnown: () => false, vendors, most: 50 });
    expect(found.phones).toHaveLength(4);
    expect(found.others).toHaveLength(46);
    expect(found.others[0]?.last_seen).toBe(199_999);
    expect(found.left_out).toBe(200_004 - 50);
  });

  test('asked by multicast is a phone, by whatever name', () => {
    const rows = [
      asking('0200000000aa', { protocol: 'pnp', path: 'sip:MAC%3a0200000000aa@224.0.1.75', user_agent: 'OEM' }),
    ];
    expect(gather(rows)).toMatchObject({ phones: [{ paths: ['SIP PnP'] }], others: [] });
  });
});

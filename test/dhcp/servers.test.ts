import { describe, expect, test } from 'vitest';
import { type PlaceWords, planDhcp, type VendorWish } from '../../src/dhcp/options.ts';
import { writeDhcp } from '../../src/dhcp/servers.ts';
import type { VendorDhcp } from '../../src/model/vendor.ts';
import { complaints, dhcpPeers, namespaces, type RealServer, startServer } from '../support/dhcp.ts';

const url = 'http://192.0.2.1:8080';
const place: PlaceWords = { protocol: 'http', url, server: url, location: '192.0.2.1:8080', address: '192.0.2.1' };
const text = (code: number, value: string, suboption?: number) => ({ code, value, suboption, type: 'text' as const });
const addresses = { code: 150, value: '{address}', type: 'addresses' as const };

const wish = (id: string, dhcp: Omit<VendorDhcp, 'class_match'> & Partial<VendorDhcp>): VendorWish => ({
  ...{ id, title: id.toUpperCase(), place },
  dhcp: { class_match: 'begins', ...dhcp },
});
const acme = wish('acme', {
  vendor_class: 'Acme X.9',
  options: [text(66, '{server}'), text(43, '{url}', 1), text(43, '{location}', 9), addresses],
});
const other = wish('other', {
  ...{ vendor_class: 'Other', class_match: 'contains' },
  options: [text(66, '{server}'), text(160, '{url}/$MA, "x"'), text(242, 'HTTPSRVR={address}'), text(114, '{url}')],
});
const plain = wish('plain', { options: [text(66, '{server}'), text(160, '{url}')] });
const plan = planDhcp([acme, other, plain]);

const says = (words: string) => Buffer.from(words);
/** As phones of one maker write it (RFC 3925): numbers before the name. */
const binary = Buffer.concat([
  Buffer.from([0, 0, 0x36, 0x3d, 12, 1, 5]),
  says('Other'),
  Buffer.from([2, 3]),
  says('X/1'),
]);

const encapsulated = Buffer.concat([
  Buffer.from([1, url.length]),
  says(url),
  Buffer.from([9, '192.0.2.1:8080'.length]),
  says('192.0.2.1:8080'),
]);

/** dnsmasq ends texts with a zero, which phones know from it. */
const textOf = (bytes: Buffer | undefined): string | undefined => bytes?.toString().replace(/\0$/, '');

const servers = Object.entries(dhcpPeers) as [RealServer, (typeof dhcpPeers)[RealServer]][];

describe.each(servers)('%s', (server, peer) => {
  test.skipIf(peer.missing)(`has no complaint about what is printed for it (${peer.sentence})`, () => {
    expect(complaints(server, writeDhcp(server, plan).text)).toBe('');
    for (const one of [acme, other, plain])
      expect(complaints(server, writeDhcp(server, planDhcp([one])).text)).toBe('');
    expect(
      complaints(server, server === 'kea' ? '{"Dhcp4": {"option-data": [{"nam": 1}]}}' : 'no such word\n'),
    ).not.toBe('');
  });

  const missing = peer.missing || namespaces.missing;
  test.skipIf(missing)(
    `tells each phone its own, byte for byte (${peer.sentence}; ${namespaces.sentence})`,
    async () => {
      const ask = startServer(server, writeDhcp(server, plan).text);
      const ofAcme = await ask(says('Acme X.9-17'));
      expect(textOf(ofAcme.get(66))).toBe(url);
      expect(ofAcme.get(43)).toEqual(encapsulated);
      expect(ofAcme.get(150)).toEqual(Buffer.from([192, 0, 2, 1]));
      for (const name of [binary, says('Other')]) {
        const ofOther = await ask(name);
        expect(textOf(ofOther.get(66))).toBe(url);
        expect(textOf(ofOther.get(160))).toBe(`${url}/$MA, "x"`);
        expect(textOf(ofOther.get(242))).toBe('HTTPSRVR=192.0.2.1');
        expect(textOf(ofOther.get(114))).toBe(url);
        expect(ofOther.has(43)).toBe(false);
      }
      const ofAnybody = await ask(says('MSFT 5.0'));
      expect(textOf(ofAnybody.get(66))).toBe(url);
      expect(textOf(ofAnybody.get(160))).toBe(url);
      expect(ofAnybody.has(43)).toBe(false);
    },
    60_000,
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMac, type Mac } from '../../src/model/mac.ts';
import { createCatalogue } from '../../src/setup/catalogue.ts';
import { looseMac, phonesOf } from '../../src/setup/phone-list.ts';
import { parseCsv } from '../../src/source/people/csv.ts';
import { createVendorReader } from '../../src/source/vendors.ts';

const shipped = { schema: 'schema', templates: 'templates' };
const catalogue = createCatalogue(createVendorReader(shipped)().vendors);
const read = (text: string) => phonesOf(parseCsv('list', text).rows, catalogue);

const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as Mac)
  .filter((text) => text !== '000000000000');

test('a MAC is read in any spelling that stickers, switches and people have', () => {
  const spell = fc.constantFrom(
    (one: string) => one,
    (one: string) => formatMac(one as Mac),
    (one: string) => one.match(/../g)!.join('-').toUpperCase(),
    (one: string) => one.match(/..../g)!.join('.'),
    (one: string) => one.match(/../g)!.join(' '),
    (one: string) => one.match(/.{6}/g)!.join('-'),
    (one: string) => `MAC: ${one}`,
  );
  fc.assert(
    fc.property(mac, spell, (one, how) => {
      expect(looseMac(how(one))).toBe(one);
    }),
  );
});

test('an IP address is no MAC, whatever its digits', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(looseMac(address)).toBeUndefined();
    }),
  );
});

test('whatever is pasted gives phones or sentences, and never two phones of one MAC', () => {
  const cell = fc.oneof(mac, fc.string(), fc.constantFrom('1001', 'mac', 'name', '\t', '"', ';', 'ext'));
  const line = fc
    .array(cell, { maxLength: 5 })
    .chain((cells) => fc.constantFrom(',', ';', '\t', ' ').map((by) => cells.join(by)));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const { phones } = read(lines.join('\n'));
      expect(new Set(phones.map((phone) => phone.mac)).size).toBe(phones.length);
    }),
  );
});

describe('what a line says is found by its looks', () => {
  const [vendor] = catalogue.vendors;
  const [model] = catalogue.modelsOf(vendor!.id);
  const kind = { vendor: vendor!.id, model: model!.id };

  test.each([
    ['001565123456,1001,Ada Lovelace', { mac: '001565123456', extension: '1001', name: 'Ada Lovelace' }],
    ['00:15:65:12:34:56 1001 Ada Lovelace', { mac: '001565123456', extension: '1001', name: 'Ada Lovelace' }],
    [`1001;${vendor!.id}/${model!.id};0015.6512.3456`, { mac: '001565123456', extension: '1001', ...kind }],
    [`001565123456\t${model!.title}\t"Lovelace, Ada"`, { mac: '001565123456', name: 'Lovelace, Ada', ...kind }],
  ])('%s', (line, phone) => {
    expect(read(line)).toEqual({ phones: [phone], faults: [] });
  });

  test('titles name the columns, in any order and beside others', () => {
    const text = 'Ext;Room;Name;MAC Address;Password\n1001;12;Ada;00-15-65-12-34-56;geheim\n;;;0015651234570;\n';
    expect(read(text)).toEqual({
      phones: [{ mac: '001565123456', extension: '1001', name: 'Ada', password: 'geheim' }],
      faults: ['line 3: "0015651234570" has no MAC; wanted one such as 00:15:65:12:34:56'],
    });
  });

  test('several MACs of a line are several phones, and one that is there twice is a fault', () => {
    expect(read('001565123456 001565123457\n00:15:65:12:34:56')).toEqual({
      phones: [{ mac: '001565123456' }, { mac: '001565123457' }],
      faults: ['line 2: 00:15:65:12:34:56 is there twice'],
    });
  });
});

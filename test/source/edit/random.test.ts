import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fields, Value } from '../../../src/model/edit.ts';
import { parseMac } from '../../../src/model/mac.ts';
import { type DeviceChange, editDevices } from '../../../src/source/edit/devices.ts';
import { asRead, mergePatch } from '../../../src/source/edit/value.ts';
import { parseYaml } from '../../../src/source/yaml.ts';
import { randomDevices } from '../../support/random-devices.ts';

const text = fc.oneof(
  fc.constantFrom(
    '1002',
    'Grace Hopper',
    'off',
    '*97',
    'a: b',
    "it's",
    '"',
    '# x',
    '',
    '{',
    '- a',
    'é',
    'a\u2028b',
    '\ufeff',
    '"\\\n',
  ),
  fc.string({ unit: 'binary' }),
);
const scalar: fc.Arbitrary<Value> = fc.oneof(text, fc.integer(), fc.boolean());
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom('c', 'd', 'é: f'), scalar, { maxKeys: 2, noNullPrototype: true }),
  },
);
const words = fc.constantFrom('note', 'ip', 'group', 'label', 'vendor', 'a.b', 'vlan', 'x y', '1');
const device = fc
  .dictionary(words, value, { maxKeys: 4, noNullPrototype: true })
  .map((own): Fields => ({ mac: '02:cd:00:00:00:01', ...own }));
const patch = fc.dictionary(words, fc.oneof(value, fc.constant(null)), {
  minKeys: 1,
  maxKeys: 4,
  noNullPrototype: true,
});

const read = (text: string): Fields => Object(parseYaml('f.yml', text).value);
const listOf = ({ devices }: Fields): readonly Value[] => (Array.isArray(devices) ? devices : []);
const edit = (text: string, change: DeviceChange): string | undefined => {
  const result = editDevices('f.yml', text, change);
  return 'text' in result ? result.text : undefined;
};
const macOf = (text: string) => parseMac(text)!;

/** The empty lines behind such a text are a part of it: what comes or goes there changes it. */
const keeping = /\|\+/;

/** The lines before a device, and those from the next one on: of a list in brackets on one line there may be none. */
function linesAround(text: string, index: number): { head: string; tail: string } {
  const { locate, value } = parseYaml('f.yml', text);
  const lines = text.split(/(?<=\n)/);
  const lineOf = (at: number) => locate(['devices', at]).line ?? 1;
  const isLast = index + 1 >= listOf(Object(value)).length;
  const tail = isLast ? '' : lines.slice(Math.max(lineOf(index + 1) - 1, lineOf(index))).join('');
  return {
    head: lines
      .slice(0, lineOf(index) - 1)
      .join('')
      .trimEnd(),
    tail,
  };
}

/** Every line of the one text is in the other, in order, but for those that are allowed to differ. */
function linesThatDiffer(before: string, after: string): { gone: string[]; come: string[] } {
  const [one, other] = [before.split(/(?<=\n)/), after.split(/(?<=\n)/)];
  let head = 0;
  while (head < one.length && one[head] === other[head]) head++;
  let tail = 0;
  while (tail < Math.min(one.length, other.length) - head && one.at(-1 - tail) === other.at(-1 - tail)) tail++;
  return { gone: one.slice(head, one.length - tail), come: other.slice(head, other.length - tail) };
}

test('a device that is added to a random file is there, nothing else is other, and removing it gives every byte back', () => {
  fc.assert(
    fc.property(randomDevices, device, ({ text, macs }, added) => {
      const before = read(text);
      const after = edit(text, { kind: 'add', device: added });
      if (after === undefined) return void expect(text).toMatch(keeping);
      const { devices, ...others } = read(after!);
      expect(asRead({ ...others, devices: '' })).toEqual(asRead({ ...before, devices: '' }));
      const list = listOf({ devices: devices ?? [] });
      expect(list.slice(0, -1).map(asRead)).toEqual(listOf(before).map(asRead));
      expect(asRead({ ...Object(list.at(-1)), mac: '' })).toEqual(asRead({ ...added, mac: '' }));
      expect(linesThatDiffer(text, after!).gone.length).toBeLessThanOrEqual(1);
      const back = edit(after!, { kind: 'remove', mac: macOf('02cd00000001') });
      // The brackets of a list, or a section, in which nothing is left.
      if (macs.length > 0) expect(back).toBe(text);
      else expect(asRead(read(back!))).toEqual(asRead(before));
    }),
    { numRuns: 2000 },
  );
});

test('a device that is removed from a random file is gone, and no line of others is', () => {
  fc.assert(
    fc.property(randomDevices, fc.nat(), ({ text, macs }, seed) => {
      fc.pre(macs.length > 0);
      const index = seed % macs.length;
      const before = read(text);
      const after = edit(text, { kind: 'remove', mac: macOf(macs[index]!) });
      if (after === undefined) return void expect(text).toMatch(keeping);
      expect(asRead(read(after!))).toEqual(asRead({ ...before, devices: listOf(before).toSpliced(index, 1) }));
      const { head, tail } = linesAround(text, index);
      // The last one of a list in brackets takes the comma before it along.
      const bare = (from: string) => from.replaceAll(',', '');
      expect(bare(after).startsWith(bare(head)) && after.endsWith(tail)).toBe(true);
      const others = (from: string) => from.split(/\r?\n/).filter((line) => /^ *# (?:who|where)/.test(line));
      expect(others(after!)).toEqual(others(text));
    }),
    { numRuns: 2000 },
  );
});

test('a device that is changed in a random file is as the patch says, or refused where a merge stands in the way', () => {
  fc.assert(
    fc.property(randomDevices, patch, fc.nat(), ({ text, macs }, wanted, seed) => {
      fc.pre(macs.length > 0);
      const index = seed % macs.length;
      const mac = macOf(macs[index]!);
      const before = read(text);
      const list = listOf(before);
      const after = edit(text, { kind: 'change', mac, patch: wanted });
      if (after === undefined) return void expect(text).toMatch(/<<|\|\+/);
      const { head, tail } = linesAround(text, index);
      expect(after.startsWith(head) && after.endsWith(tail)).toBe(true);
      const changed = mergePatch(list[index], wanted);
      expect(asRead(read(after))).toEqual(asRead({ ...before, devices: list.with(index, changed) }));
    }),
    { numRuns: 2000 },
  );
});

test('a word that is changed and changed back leaves every byte, and so does one that is set and taken away', () => {
  fc.assert(
    fc.property(randomDevices, text, fc.nat(), ({ text: file, macs }, said, seed) => {
      fc.pre(macs.length > 0);
      const index = seed % macs.length;
      const mac = macOf(macs[index]!);
      const now = Object(listOf(read(file))[index]);
      const set = (from: string, patch: Fields) => edit(from, { kind: 'change', mac, patch }) ?? '';
      expect(set(set(file, { new_word: said }), { new_word: null })).toBe(file);
      const quoted = Object.entries(now).find(
        ([key, value]) =>
          key !== 'mac' &&
          new RegExp(`${key}: ["']`).test(file) &&
          typeof value === 'string' &&
          file.split(`${key}:`).length === 2,
      );
      if (quoted) expect(set(set(file, { [quoted[0]]: 'other' }), { [quoted[0]]: quoted[1] as string })).toBe(file);
    }),
    { numRuns: 1000 },
  );
});

test('a text that is no file of devices is refused, and nothing is thrown', () => {
  const mark = fc.constantFrom(
    'devices:',
    '\n',
    '  ',
    '- ',
    'mac: 02ab00000001',
    '{',
    '}',
    '[',
    ']',
    ',',
    ': ',
    '&a ',
    '*a',
    '# x',
    '"',
    "'",
    '---',
    '|',
    '!t ',
    '? ',
    '\r',
    '<<: *a',
    '\t',
  );
  fc.assert(
    fc.property(
      fc.array(mark, { maxLength: 25 }).map((marks) => marks.join('')),
      (file) => {
        for (const change of [
          { kind: 'add', device: { mac: '02cd00000001' } },
          { kind: 'change', mac: macOf('02ab00000001'), patch: { note: 'x' } },
          { kind: 'remove', mac: macOf('02ab00000001') },
        ] satisfies DeviceChange[]) {
          const after = edit(file, change);
          if (after === undefined) continue;
          expect(parseYaml('f.yml', after).problems).toEqual([]);
          expect(asRead({ ...read(after), devices: '' })).toEqual(asRead({ ...read(file), devices: '' }));
        }
      },
    ),
    { numRuns: 5000 },
  );
});

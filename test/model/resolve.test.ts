import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Loaded } from '../../src/load.ts';
import type { Device } from '../../src/model/device.ts';
import { createProject, plainOf } from '../support/loading.ts';

/*
 * Ada has two devices, 1 and 2; 3 watches her, 4 watches her under a name of its own, 5 dials her, 6 has nothing to do
 * with her, and 7 is in a group that watches her.
 */
const site = `include: [people.yml, sites/*.yml]
server: { address: 192.0.2.1 }
sip: { server: pbx.example.com }
defaults: { language: de, admin_password: { file: secrets/admin } }
models: { yealink/t46s: { time_format: 24 } }
groups:
  reception: { keys: [{ type: blf, value: "1001" }] }
  lab: { user_password: { file: secrets/lab } }
`;
const people = `extensions:
  "1001": { name: Ada Lovelace, password: { file: secrets/1001 } }
  "1002": { name: Grace Hopper, password: example-1002 }
  "1003": { name: Alan Turing, password: example-1003 }
`;
const rows: Readonly<Record<number, string>> = {
  1: 'model: t46s, extension: "1001"',
  2: 'model: t46s, lines: [{ extension: "1002" }, { extension: "1001", label: Second }]',
  3: 'model: t46s, extension: "1002", keys: [{ type: blf, value: "1001" }]',
  4: 'model: t46s, extension: "1002", keys: [{ type: blf, value: "1001", label: Countess }]',
  5: 'model: t46s, extension: "1003", keys: [{ type: speed_dial, value: "1001" }]',
  6: 'model: t46s, extension: "1003", group: lab, language: fr',
  7: 'model: t46s, extension: "1003", group: reception',
  8: 'model: t46s, extension: "1002", admin_password: { file: secrets/own }',
};
const row = (number: number, words = rows[number]): string =>
  `  - { mac: 0015650000${String(number).padStart(2, '0')}, vendor: yealink, ${words} }\n`;
const devices = (numbers: readonly number[]): string => `devices:\n${numbers.map((number) => row(number)).join('')}`;

const project = createProject();
afterAll(() => project[Symbol.dispose]());
beforeEach(() => {
  project.clear();
  project.write('devices.yml', site);
  project.write('people.yml', people);
  project.write('sites/a.yml', devices([1, 2, 3, 4]));
  project.write('sites/b.yml', devices([5, 6, 7, 8]));
  for (const name of ['admin', '1001', 'lab', 'own']) project.write(`secrets/${name}`, `example ${name}`);
});

async function load(): Promise<Loaded> {
  const loaded = await project.loader.load();
  expect(loaded.problems).toEqual([]);
  return loaded;
}

const numberOf = ({ mac }: Device): number => Number(mac.slice(-2));

/** Numbers of the devices that are other objects after an edit; what is the same object says the same. */
async function changedBy(edit: () => void): Promise<number[]> {
  const before = new Map((await load()).site.devices.map((device) => [device.mac, device]));
  const texts = new Map([...before].map(([mac, device]) => [mac, plainOf(device)]));
  edit();
  const { site: after } = await load();
  const changed = after.devices.filter((device) => before.get(device.mac) !== device);
  for (const device of after.devices)
    if (!changed.includes(device)) expect(plainOf(device)).toEqual(texts.get(device.mac));
  return changed.map(numberOf);
}

const replaceIn = (path: string, text: string, from: string, to: string) => () => {
  expect(text).toContain(from);
  project.write(path, text.replace(from, to));
};
const inSite = (from: string, to: string) => replaceIn('devices.yml', site, from, to);
const inPeople = (from: string, to: string) => replaceIn('people.yml', people, from, to);

describe('new objects are made', () => {
  test.each<[edit: string, apply: () => void, wanted: number[]]>([
    ['nothing', () => {}, []],
    ['the comments of a file', inSite('server:', '# Where we are.\n\nserver:'), []],
    [
      'a note',
      () => project.write('sites/b.yml', devices([5, 6, 7, 8]).replace('group: lab', 'group: lab, note: x')),
      [6],
    ],
    ['the name of somebody', inPeople('Ada Lovelace', 'Ada King'), [1, 2, 3, 5, 7]],
    ['the name of somebody whom no key watches', inPeople('Grace Hopper', 'Rear Admiral'), [2, 3, 4, 8]],
    ['the voicemail of somebody', inPeople('name: Ada', 'voicemail: "*98", name: Ada'), [1, 2]],
    ['the text of somebody’s password', () => project.write('secrets/1001', 'another'), [1, 2]],
    ['the text of a password to a line break more', () => project.write('secrets/1001', 'example 1001\n'), []],
    ['the site’s defaults', inSite('language: de', 'language: en'), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['the layer of a model', inSite('time_format: 24', 'time_format: 12'), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['where lines register', inSite('pbx.', 'sip.'), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['what phones are told of the server', inSite('192.0.2.1', '192.0.2.2'), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['how devices are notified', inSite('sip:', 'notify: { per_second: 1 }\nsip:'), []],
    ['a group', inSite('"1001" }]', '"1002" }]'), [7]],
    ['a group that nobody is in', inSite('groups:', 'groups:\n  empty: { language: fr }'), []],
    ['the password of a group', () => project.write('secrets/lab', 'another'), [6]],
    ['the password of all', () => project.write('secrets/admin', 'another'), [1, 2, 3, 4, 5, 6, 7, 8]],
    ['the password of one device', () => project.write('secrets/own', 'another'), [8]],
    ['an extension that nobody has', inPeople('  "1003"', '  "1009": { name: New }\n  "1003"'), []],
    [
      'one device',
      () => project.write('sites/b.yml', devices([5, 6, 7, 8]).replace('language: fr', 'language: it')),
      [6],
    ],
    [
      'a device in the middle of a list',
      () => project.write('sites/a.yml', devices([1, 2]) + row(9, rows[1]) + row(3) + row(4)),
      [9],
    ],
    ['a device less', () => project.write('sites/a.yml', devices([1, 4])), []],
    ['the order of a list', () => project.write('sites/a.yml', devices([4, 2, 3, 1])), []],
    ['a file of devices more', () => project.write('sites/c.yml', `devices:\n${row(9, rows[1])}`), [9]],
    [
      'the order of people',
      () =>
        project.write('people.yml', ['extensions:', ...people.trim().split('\n').slice(1).reverse(), ''].join('\n')),
      [],
    ],
    [
      'the way a device is written',
      () => project.write('sites/b.yml', devices([5, 6, 7, 8]).replace('001565000005', '"00:15:65:00:00:05"')),
      [5],
    ],
  ])('after an edit of %s for those that show it, and for no other', async (_, edit, wanted) => {
    expect(await changedBy(edit)).toEqual(wanted);
  });

  test('for nobody when a fault comes and goes elsewhere', async () => {
    const before = (await load()).site.devices;
    project.write('sites/a.yml', `devices:\n  - { mac: nonsense }\n${row(1)}`);
    expect((await project.loader.load()).problems).not.toEqual([]);
    project.write('sites/a.yml', devices([1, 2, 3, 4]));
    const after = (await load()).site.devices;
    // Those of the file that had the fault may be new; the others are not.
    expect(after.slice(4).map((device, index) => device === before[index + 4])).toEqual([true, true, true, true]);
  });

  test('for those who watch somebody that comes, goes, and comes again', async () => {
    const called = (name: string) => project.write('people.yml', `${people}  ${name}: { name: Parking }\n`);
    const watching = `${devices([1, 2])}${row(9, 'model: t46s, keys: [{ type: blf, value: parking }]')}`;
    const messages = async () => (await project.loader.load()).problems.map(({ message }) => message).join('\n');
    project.write('sites/a.yml', watching);
    called('parking');
    expect(await messages()).toBe('');
    for (const name of ['parkin', 'packing']) {
      called(name);
      expect(await messages()).toContain(`did you mean "${name}"?`);
    }
    called('parking');
    expect((await load()).site.devices.find(({ mac }) => mac.endsWith('9'))?.keys[0]?.label).toBe('Parking');
  });

  test('and they are frozen', async () => {
    const { site: resolved } = await load();
    const [device] = resolved.devices;
    for (const value of [resolved, device, device?.lines, device?.lines[0], device?.keys, device?.keys[0]])
      expect(Object.isFrozen(value)).toBe(true);
    for (const value of [device?.settings, device?.server, device?.lines[0]?.sip, resolved.notify])
      expect(Object.isFrozen(value)).toBe(true);
  });
});

describe('a sync of the directory makes new objects', () => {
  const table = 'extension,name,email\n1001,Ada,ada@example.com\n1002,Grace,\n1003,Alan,\n1004,Nobody with a device,\n';
  const directory = 'extensions:\n  "1001": { name: Ada Lovelace }\n  "1002": { department: Compilers }\n';
  const inDirectory = (from: string, to: string) => replaceIn('extensions.ldap.yml', directory, from, to);

  beforeEach(() => {
    const sources =
      '{ file: people.yml, fields: [password] }, { csv: people.csv }, { ldap: { url: ldap://a, base: dc=a } }';
    project.write('devices.yml', site.replace('people.yml, sites/*.yml]', `sites/*.yml]\npeople: [${sources}]`));
    project.write('people.csv', table);
    project.write('extensions.ldap.yml', directory);
  });

  test.each<[edit: string, apply: () => void, wanted: number[]]>([
    ['nothing', () => project.write('extensions.ldap.yml', `# Written again.\n${directory}`), []],
    ['the name of somebody', inDirectory('Ada Lovelace', 'Ada King'), [1, 2, 3, 5, 7]],
    [
      'a name that only a weaker source gave before',
      inDirectory('department', 'name: Grace Hopper, department'),
      [2, 3, 4, 8],
    ],
    ['a name that a stronger source gives, in a weaker one', replaceIn('people.csv', table, 'Ada', 'Augusta'), []],
    [
      'a name to what a weaker source calls him',
      inDirectory('  "1001": { name: Ada Lovelace }\n', ''),
      [1, 2, 3, 5, 7],
    ],
    ['somebody more', () => project.write('extensions.ldap.yml', `${directory}  "1009": { name: New }\n`), []],
    ['somebody who has no device', replaceIn('people.csv', table, 'Nobody', 'Somebody'), []],
    ['a group of somebody', inDirectory('name: Ada Lovelace', 'group: lab, name: Ada Lovelace'), [1, 2]],
  ])('when it changes %s, for the devices that show it, and for no other', async (_, edit, wanted) => {
    expect(await changedBy(edit)).toEqual(wanted);
  });

  test('that have the group of the person on the first line, and lose it with him', async () => {
    const groupsOf = async () => (await load()).site.devices.slice(0, 2).map(({ group }) => group);
    inDirectory('name: Ada Lovelace', 'group: lab, name: Ada Lovelace')();
    expect(await groupsOf()).toEqual(['lab', undefined]);
    project.write('extensions.ldap.yml', directory);
    expect(await groupsOf()).toEqual([undefined, undefined]);
  });

  test('that say the same when a source breaks and is mended', async () => {
    const before = (await load()).site.devices;
    project.write('people.csv', 'extension,name\n1001,"Ada\n');
    expect((await project.loader.load()).problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('nothing closes'),
    ]);
    project.write('people.csv', table);
    const after = (await load()).site.devices;
    expect(after.map(plainOf)).toEqual(before.map(plainOf));
  });
});

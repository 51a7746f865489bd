import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { formatPlace } from '../../src/problem.ts';
import { createProject } from '../support/loading.ts';

const project = createProject();
const { dir } = project;
afterAll(() => project[Symbol.dispose]());
beforeEach(() => project.clear());

async function read() {
  const { sources, problems } = await project.loader.load();
  return { sources, lines: problems.map((problem) => `${formatPlace(problem)} ${problem.message}`) };
}
const pathsOf = async () => (await read()).sources.files.map(({ path }) => path);

describe('a project', () => {
  test('without a devices.yml says so', async () => {
    expect((await read()).lines).toEqual([
      'devices.yml cannot be read: there is no such file; wanted a YAML file in UTF-8',
    ]);
  });

  test('is read again and again, whatever became of its files in between', async () => {
    const texts = ['devices: []', '', 'devices: {', 'devices: []', '- 1', 'groups: { a: { language: de } }'];
    const seen: number[] = [];
    for (const text of texts) {
      project.write('devices.yml', text);
      seen.push((await read()).lines.length);
      project.remove('devices.yml');
      seen.push((await read()).lines.length);
    }
    expect(seen).toEqual([0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1]);
  });

  test('includes files in the order of its patterns, sorted within one, and none twice', async () => {
    for (const path of ['b.yml', 'a.yml', 'sites/10.yml', 'sites/9.yml', 'sites/deep/c.yml', 'sites/x.yaml'])
      project.write(path, 'groups:');
    const include = (...patterns: string[]) => project.write('devices.yml', JSON.stringify({ include: patterns }));
    include('sites/*.yml', '*.yml');
    expect(await pathsOf()).toEqual(['devices.yml', 'sites/10.yml', 'sites/9.yml', 'a.yml', 'b.yml']);
    include('b.yml', './b.yml', '{a,b}.yml', 'sites/../a.yml');
    expect(await pathsOf()).toEqual(['devices.yml', 'b.yml', 'a.yml']);
    include('sites/**/*.yml');
    expect(await pathsOf()).toEqual(['devices.yml', 'sites/10.yml', 'sites/9.yml', 'sites/deep/c.yml']);
  });

  test('includes a link to a file, and a file of an absolute path', async () => {
    project.write('elsewhere/people.txt', 'extensions: { "1": {} }');
    project.write('sites/x', '');
    symlinkSync('../elsewhere/people.txt', join(dir, 'sites/people.yml'));
    project.write('devices.yml', JSON.stringify({ include: ['sites/*.yml', join(dir, 'elsewhere/*.txt')] }));
    const { sources, lines } = await read();
    expect(sources.files.map(({ path }) => path)).toEqual(['devices.yml', 'sites/people.yml', 'elsewhere/people.txt']);
    expect(lines).toEqual([
      'elsewhere/people.txt:1:16 two files define extension 1 (the other: sites/people.yml:1:16)',
    ]);
  });

  test('keeps the content of a file for as long as it says the same, and its text for as long as it is the same', async () => {
    project.write('devices.yml', 'groups: { a: { language: de }, b: { language: fr } }');
    const [first] = (await read()).sources.files;
    const [again] = (await read()).sources.files;
    expect(again).toBe(first);
    project.write('devices.yml', 'groups:\n  b: { language: fr }\n  a: { language: de }\n');
    const [moved] = (await read()).sources.files;
    expect(moved).not.toBe(first);
    expect(moved?.content).toBe(first?.content);
    expect(moved?.locate(['groups', 'b']).line).toBe(2);
    project.write('devices.yml', 'groups: { a: { language: it }, b: { language: fr } }');
    const [edited] = (await read()).sources.files;
    expect(edited?.content.groups?.b).toBe(first?.content.groups?.b);
    expect(edited?.content.groups?.a).not.toBe(first?.content.groups?.a);
  });

  test('names all that it depends on, so that it can be watched', async () => {
    project.write('sites/a.yml', 'defaults: { admin_password: { file: secrets/admin } }');
    project.write('own/README.md', '');
    project.write(
      'devices.yml',
      'include: [sites/*.yml, later/**/x*.yml, people.yml]\ntemplates_dir: own\nserver: { address: pbx }\ndevices:\n  - { mac: 001565000001, vendor: yealink, model: t46s }\n',
    );
    await read();
    const watched = project.loader.watched();
    for (const path of ['devices.yml', 'sites', 'sites/a.yml', 'later', 'own', 'secrets/admin', '.'])
      expect(watched).toContain(join(dir, path));
    expect(watched.filter((path) => path.includes('*'))).toEqual([]);
  });

  test('sees a secret, an included file and a template of its own change', async () => {
    project.write('devices.yml', 'include: ["*.inc.yml"]\ntemplates_dir: own\nserver: { address: pbx }\ndevices: []\n');
    project.write('a.inc.yml', 'sip: { server: a.example.com }');
    project.write('own/yealink/mac.cfg.njk', 'one');
    const first = (await read()).sources;
    project.write('own/yealink/mac.cfg.njk', 'two');
    project.write('b.inc.yml', 'groups: { b: {} }');
    const second = (await read()).sources;
    expect(second.templates).not.toBe(first.templates);
    expect(second.templatePaths?.get('yealink/mac.cfg.njk')).toBe('own/yealink/mac.cfg.njk');
    expect(second.timezones).toBe(first.timezones);
    expect(second.files.map(({ path }) => path)).toEqual(['devices.yml', 'a.inc.yml', 'b.inc.yml']);
    project.remove('b.inc.yml');
    expect((await read()).sources.files.length).toBe(2);
  });

  test('names its sources of people, those that are not there yet as well, so that they can be watched', async () => {
    project.write('people.csv', 'extension,name\n1001,Ada\n');
    project.write(
      'devices.yml',
      'people:\n  - csv: ./people.csv\n  - file: later/people.yml\n  - { ldap: { url: "ldap://a", base: "dc=a" } }\n',
    );
    const { lines } = await read();
    expect(lines).toHaveLength(2);
    for (const path of ['people.csv', 'later/people.yml', 'extensions.ldap.yml'])
      expect(project.loader.watched()).toContain(join(dir, path));
  });

  test('keeps what a table says of everybody whose row says the same', async () => {
    const table = (...names: string[]) =>
      `extension,name,email\n${names.map((name, index) => `${1001 + index},${name},a@x`).join('\n')}\n`;
    project.write('devices.yml', 'people: [{ csv: people.csv, columns: { extension: extension, name: name } }]');
    project.write('people.csv', table('Ada', 'Grace', 'Alan'));
    const said = async () => (await read()).sources.people?.[0]?.file.content.extensions;
    const first = await said();
    expect(await said()).toBe(first);
    project.write('people.csv', table('Ada', 'Grace Hopper', 'Alan'));
    const second = await said();
    expect(second).toMatchObject({ '1002': { name: 'Grace Hopper' } });
    expect([second?.['1001'], second?.['1003']]).toEqual([{ name: 'Ada' }, { name: 'Alan' }]);
    expect(second?.['1001']).toBe(first?.['1001']);
    expect(second?.['1003']).toBe(first?.['1003']);
    // The same text means something else now.
    project.write('devices.yml', 'people: [{ csv: people.csv, columns: { extension: extension, name: email } }]');
    expect(await said()).toMatchObject({ '1002': { name: 'a@x' } });
  });
});

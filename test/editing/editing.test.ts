import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEditCheck } from '../../src/editing/edit-check.ts';
import { createEditing, type EditingOptions } from '../../src/editing/editing.ts';
import { tagOf } from '../../src/editing/keep.ts';
import type { EditMode, RawEdits } from '../../src/model/api.ts';
import { defaultEdits } from '../../src/model/api.ts';
import type { EditAnswer, Fields, WantedEdit } from '../../src/model/edit.ts';
import { parseMac } from '../../src/model/mac.ts';
import { createEncrypt, makeIdentity } from '../../src/source/secrets/age.ts';
import { addHook, addRemote, commitAll } from '../support/git-project.ts';
import { createProject, macOf, type Project, shipped, siteOf } from '../support/project.ts';

const mac = (number: number) => parseMac(macOf(number))!;
const site = siteOf([{ port: 5060 }, { port: 5060 }]);

const editingOf = (project: Project, edits: EditMode | RawEdits, more: Partial<EditingOptions> = {}) =>
  createEditing({
    project: { dir: project.dir, shipped },
    settings: () => ({ ...defaultEdits, ...(typeof edits === 'string' ? { mode: edits } : edits) }),
    ...more,
  });
const device = (number: number, more: Fields = {}): WantedEdit => ({
  ...{ kind: 'add', mac: mac(number) },
  device: { mac: macOf(number), vendor: 'acme', model: 'a1', extension: '1001', ...more },
});
const edit = (project: Project, wanted: WantedEdit, edits: EditMode | RawEdits = 'file', match?: readonly string[]) =>
  editingOf(project, edits).edit({ edit: wanted, author: 'token:portal', match });
const change = (patch: Fields, number = 1): WantedEdit => ({ kind: 'change', mac: mac(number), patch });
const linesOf = (project: Project, name = 'devices.yml') => project.read(name).split('\n');

describe('a change of devices.yml', () => {
  test('is refused where nobody says that it may be edited', async () => {
    const project = createProject(site);
    expect(await edit(project, device(3), 'off')).toMatchObject({ refused: 'off' });
    expect(project.read('devices.yml')).toBe(site);
  });

  test('is written into the file where the device stands, and into no other', async () => {
    const [top = '', list = ''] = site.split('devices:\n');
    const lines = list.split('\n');
    const project = createProject(`include: [sites/*.yml]\n${top}`, {
      'sites/a.yml': `# a\ndevices:\n${lines[0]}\n`,
      'sites/b.yml': `# b\ndevices:\n${lines[1]}\n`,
    });
    const tag = tagOf(readFileSync(project.path('sites/b.yml')));
    const answer = await edit(project, change({ note: 'hall' }, 2), 'file', [tag]);
    expect(answer).toMatchObject({ done: 'file', file: 'sites/b.yml', existed: true });
    expect(answer).toMatchObject({ tag: tagOf(readFileSync(project.path('sites/b.yml'))) });
    expect(project.read('sites/b.yml')).toBe(`# b\ndevices:\n${lines[1]?.replace(/ \}$/, ', note: hall }')}\n`);
    expect(project.read('sites/a.yml')).toBe(`# a\ndevices:\n${lines[0]}\n`);
  });

  test('is a new line where devices of its model stand, or in the file that is named for new ones', async () => {
    const [top = '', list = ''] = site.split('devices:\n');
    const lines = list.split('\n');
    const project = createProject(`include: [sites/*.yml]\n${top}`, {
      'sites/a.yml': `devices:\n${lines[0]}\n`,
      'sites/b.yml': `devices:\n${lines[1]}\n`,
    });
    expect(await edit(project, device(3, { model: 'a2' }))).toMatchObject({ done: 'file', file: 'sites/b.yml' });
    expect(await edit(project, device(4))).toMatchObject({ done: 'file', file: 'sites/a.yml' });
    expect(await edit(project, device(5), { mode: 'file', new_devices: 'devices.yml' })).toMatchObject({
      file: 'devices.yml',
    });
    expect(
      project
        .read('devices.yml')
        .endsWith('\ndevices:\n  - { mac: "020000000005", vendor: acme, model: a1, extension: "1001" }\n'),
    ).toBe(true);
    const strange = await edit(project, device(6), { mode: 'file', new_devices: '../x.yml' });
    expect(strange).toMatchObject({
      refused: 'conflict',
      message: '../x.yml is no file of the project: devices.yml, or one that it includes',
    });
  });

  test.each<[what: string, wanted: WantedEdit, fault: RegExp]>([
    ['an extension that nobody has', device(3, { extension: '9999' }), /^devices\.yml:11:\d+ .*9999/],
    ['a vendor that there is not', device(3, { vendor: 'nobody' }), /^devices\.yml:11:\d+ .*nobody/],
    ['a word that the schema does not have', change({ colour: 'red' }), /^devices\.yml:9:\d+ unknown key "colour"/],
    ['a value that no file can hold', change({ parameters: { x: 'a\u0007b' } }), /^devices\.yml:9:\d+ /],
  ])('with %s is refused with the place of the fault, and nothing is written', async (_, wanted, fault) => {
    const project = createProject(site);
    const answer = await edit(project, wanted);
    expect(answer).toMatchObject({ refused: 'faults' });
    expect(sentence(answer)).toMatch(fault);
    expect(project.read('devices.yml')).toBe(site);
  });

  test('is refused when only a template would fail on it', async () => {
    const project = createProject(site);
    project.edit(
      'templates/acme/mac.cfg.njk',
      '',
      '{% if settings.timezone == "Europe/Paris" %}{{ nothing.at.all }}{% endif %}\n',
    );
    const answer = await edit(project, change({ timezone: 'Europe/Paris' }));
    expect(sentence(answer)).toMatch(/^templates\/acme\/mac\.cfg\.njk/);
    expect(project.read('devices.yml')).toBe(site);
  });

  test('of what is not there, or is there already, is refused', async () => {
    const project = createProject(site);
    expect(await edit(project, change({ note: 'x' }, 9))).toEqual({
      refused: 'missing',
      message: 'there is no device 02:00:00:00:00:09',
    });
    expect(await edit(project, device(2))).toMatchObject({
      refused: 'exists',
      message: expect.stringMatching(/^02:00:00:00:00:02 is there already: devices\.yml:10:5$/),
    });
  });

  test('takes over the words of a device that is added once more, when it is asked to', async () => {
    const project = createProject(site);
    const again = { ...device(2, { extension: '1001' }), replace: true } as WantedEdit;
    expect(await edit(project, again)).toMatchObject({ done: 'file', existed: true });
    expect(await edit(project, again)).toMatchObject({ done: 'nothing', existed: true });
    expect(linesOf(project)[9]).toContain('model: a1, extension: "1001", sip_port: 5060');
  });

  test('is refused where its ETag is that of another text', async () => {
    const project = createProject(site);
    const tag = tagOf(Buffer.from(site));
    expect(await edit(project, change({ note: 'a' }), 'file', ['other', tag])).toMatchObject({ done: 'file' });
    expect(await edit(project, change({ note: 'b' }), 'file', [tag])).toMatchObject({ refused: 'precondition' });
    expect(await edit(project, change({ note: 'c' }), 'file', ['*'])).toMatchObject({ done: 'file' });
  });

  test('leaves an encrypted file to a person', async () => {
    const { recipient, identity } = await makeIdentity();
    const [top = '', list = ''] = site.split('devices:\n');
    const project = createProject(`include: [devices.age]\n${top}`, { '.age-identity': `${identity}\n` });
    writeFileSync(project.path('devices.age'), await createEncrypt([recipient])(`devices:\n${list}`));
    const answer = await edit(project, change({ note: 'x' }));
    expect(sentence(answer)).toBe('devices.age is encrypted; change the device there by hand');
  });
});

const sentence = (answer: EditAnswer): string => {
  if (!('refused' in answer)) return 'done';
  const [fault] = answer.faults ?? [];
  return fault ? `${fault.file}:${fault.line}:${fault.column} ${fault.message}` : answer.message;
};

describe('a password that is asked for', () => {
  const plain = site.replace(/secret-of-\d+/g, (text) => `{ env: ${text.replaceAll('-', '_').toUpperCase()} }`);

  test('is encrypted for whom the project encrypts', async () => {
    const { recipient, identity } = await makeIdentity();
    const project = createProject(site, { '.age-recipients': `${recipient}\n`, '.age-identity': `${identity}\n` });
    expect(
      await edit(project, change({ admin_password: 'a-long-password', parameters: { 'wifi.psk': 'hidden-text' } })),
    ).toMatchObject({ done: 'file', warnings: [] });
    const line = linesOf(project)[8];
    expect(line).toMatch(/admin_password: \{ age: "?[\w+/=]{100,}"? \}, parameters: \{ wifi\.psk: \{ age: /);
    expect(line).not.toContain('a-long-password');
  });

  test('is refused where no other password stands as plain text', async () => {
    const project = createProject(plain);
    const answer = await edit(project, change({ admin_password: 'a-long-password' }));
    expect(answer).toMatchObject({ refused: 'conflict' });
    expect(JSON.stringify(answer)).toContain(
      'admin_password would stand in the file as plain text; wanted { env: NAME }',
    );
    expect(JSON.stringify(answer)).not.toContain('a-long-password');
    expect(project.read('devices.yml')).toBe(plain);
  });

  test('is refused where the others stand in an encrypted file', async () => {
    const { recipient, identity } = await makeIdentity();
    const people = site.split('\n').filter((line) => /^extensions:|secret-of-/.test(line));
    const rest = site.split('\n').filter((line) => !people.includes(line));
    const project = createProject(`include: [people.age]\n${rest.join('\n')}`, { '.age-identity': `${identity}\n` });
    writeFileSync(project.path('people.age'), await createEncrypt([recipient])(people.join('\n')));
    expect(await edit(project, change({ note: 'x' }))).toMatchObject({ done: 'file' });
    expect(await edit(project, change({ admin_password: 'a-long-password' }))).toMatchObject({ refused: 'conflict' });
    expect(project.read('devices.yml')).not.toContain('a-long-password');
  });

  test('stands as others do, with a warning, where they stand as plain text', async () => {
    const project = createProject(site);
    const answer = await edit(project, change({ admin_password: 'a-long-password' }));
    expect(answer).toMatchObject({
      done: 'file',
      warnings: ['admin_password: written as plain text, as other passwords of the project are'],
    });
  });
});

describe('beside somebody else who writes', () => {
  test('a change is made anew on top of what was written while it was checked', async () => {
    const project = createProject(site);
    let others = 3;
    const editing = editingOf(project, 'file', {
      checkWith: (options) => {
        const check = createEditCheck(options);
        const faults: typeof check.faults = async (texts) => {
          const found = await check.faults(texts);
          if (others-- > 0)
            writeFileSync(project.path('devices.yml'), `${project.read('devices.yml')}# other ${others}\n`);
          return found;
        };
        return { ...check, faults };
      },
    });
    expect(await editing.edit({ edit: device(3), author: 'local' })).toMatchObject({ done: 'file' });
    expect(project.read('devices.yml')).toMatch(/# other 2\n# other 1\n# other 0\n/);
    expect(project.read('devices.yml')).toContain(macOf(3));
  });

  test('a change with an ETag is refused then', async () => {
    const project = createProject(site);
    const editing = editingOf(project, 'file', {
      checkWith: (options) => {
        const check = createEditCheck(options);
        return {
          ...check,
          faults: async (texts) => {
            project.write('devices.yml', `${site}# other\n`);
            return check.faults(texts);
          },
        };
      },
    });
    expect(await editing.edit({ edit: device(3), author: 'local', match: [tagOf(Buffer.from(site))] })).toMatchObject({
      refused: 'precondition',
    });
    expect(project.read('devices.yml')).toBe(`${site}# other\n`);
  });

  test('changes are made one after the other, and none is lost', async () => {
    const project = createProject(site);
    const editing = editingOf(project, 'file');
    const numbers = Array.from({ length: 20 }, (_, index) => index + 3);
    const answers = await Promise.all(numbers.map((number) => editing.edit({ edit: device(number), author: 'local' })));
    expect(answers.map((answer) => 'done' in answer && answer.done)).toEqual(numbers.map(() => 'file'));
    for (const number of numbers) expect(project.read('devices.yml')).toContain(macOf(number));
  });
});

describe('under git', () => {
  const repository = (ignored = '') => {
    const project = createProject(site, { '.gitignore': `/out/\n/.offhook/\n${ignored}`, 'other.txt': 'one\n' });
    return { project, folder: commitAll(project.dir) };
  };

  test('a change is committed alone, in the name of whoever asked', async () => {
    const { project, folder } = repository();
    project.write('other.txt', 'two\n');
    folder.git('add', 'other.txt');
    const answer = await edit(project, device(3), 'commit');
    expect(answer).toMatchObject({ done: 'commit', commit: folder.git('rev-parse', 'HEAD') });
    expect(folder.git('show', '--format=%an|%s', '--name-only')).toBe(
      'token:portal|devices: add 02:00:00:00:00:03\n\ndevices.yml',
    );
    expect(folder.git('status', '--porcelain')).toBe('M  other.txt');
  });

  test('a change that a hook refuses is taken back, byte for byte', async () => {
    const { project, folder } = repository();
    addHook(folder, 'pre-commit', 'echo "not today" >&2; exit 1');
    const answer = await edit(project, device(3), 'commit');
    expect(answer).toMatchObject({ refused: 'conflict', message: 'git did not commit it: not today' });
    expect(project.read('devices.yml')).toBe(site);
    expect(folder.git('status', '--porcelain')).toBe('');
  });

  test('a change is refused where a person’s own is not committed yet', async () => {
    const { project } = repository();
    project.write('devices.yml', `${site}# mine\n`);
    for (const mode of ['commit', 'pull-request-branch'] as const)
      expect(await edit(project, device(3), mode)).toMatchObject({
        refused: 'conflict',
        message: 'devices.yml: it has changes that are not committed',
      });
    expect(project.read('devices.yml')).toBe(`${site}# mine\n`);
  });

  test('a change becomes a branch of the remote, and nothing is written here', async () => {
    const { project, folder } = repository();
    const remote = addRemote(folder);
    const answer = await edit(project, device(3), 'pull-request-branch');
    expect(answer).toMatchObject({
      done: 'branch',
      branch: expect.stringMatching(/^offhook\/add-020000000003-[0-9a-f]{6}$/),
    });
    const { branch = '', commit } = answer as { branch?: string; commit?: string };
    expect(remote.git('rev-parse', branch)).toBe(commit);
    expect(remote.git('show', `${branch}:devices.yml`)).toContain(macOf(3));
    expect(project.read('devices.yml')).toBe(site);
    expect(folder.git('status', '--porcelain')).toBe('');
  });

  test('a change that no repository can take is refused', async () => {
    const project = createProject(site);
    expect(await edit(project, device(3), 'commit')).toMatchObject({
      refused: 'conflict',
      message: 'the project is in no git repository',
    });
    expect(project.read('devices.yml')).toBe(site);
  });
});

import { expect, test } from 'vitest';
import { type OverridesArguments, overrides } from '../../src/commands/overrides.ts';
import { recordedConsole } from '../support/console.ts';
import { createProject, macOf, type Project, shipped, siteOf } from '../support/project.ts';

async function run({ dir, out, state }: Project, options: Partial<OverridesArguments> = {}) {
  const console = recordedConsole();
  const code = await overrides({ dir, out, state, shipped, format: 'text', ...options }, console);
  return { code, out: console.stdout(), err: console.stderr() };
}

function project(): Project {
  const made = createProject(siteOf([{ port: 5060 }, { port: 5060 }]));
  made.write('templates/acme/vendor.yml', `${made.read('templates/acme/vendor.yml')}\n${uploads}`);
  return made;
}

const uploads = `uploads:
  - { name: "{mac}-phone.cfg", kind: override }
  - { name: "{mac}-app.log", kind: log }
`;
const [one, two, gone] = [macOf(1), macOf(2), macOf(99)];

test('says which phones have settings of their own, and whose they are, also of devices that are gone', async () => {
  const site = project();
  for (const mac of [one, gone]) site.write(`.offhook/uploads/${mac}/${mac}-phone.cfg`, 'mine');
  site.write(`.offhook/uploads/${two}/${two}-app.log`, 'a log');
  const { code, out } = await run(site);
  expect(code).toBe(0);
  expect(out.trim().split('\n')).toEqual([
    expect.stringMatching(/Z {2}02:00:00:00:00:01 {9}4 B {2}020000000001-phone\.cfg {2}\(acme\/a1 1001 Person 1\)$/),
    expect.stringMatching(/Z {2}02:00:00:00:00:63 {9}4 B {2}020000000063-phone\.cfg {2}\(not in devices\.yml\)$/),
  ]);
});

test('says it of one device, and for a machine', async () => {
  const site = project();
  for (const mac of [one, two]) site.write(`.offhook/uploads/${mac}/${mac}-phone.cfg`, 'mine');
  const { out } = await run(site, { device: '02:00:00:00:00:02', format: 'json' });
  expect(JSON.parse(out)).toEqual({
    at: expect.any(Number),
    device: two,
    file: `${two}-phone.cfg`,
    size: 4,
    vendor: 'acme',
    model: 'a2',
    extensions: ['1002'],
  });
  await expect(run(site, { device: 'x' })).rejects.toThrow('"x" is no MAC');
});

test('says so when there is none, and while devices.yml is broken', async () => {
  const site = project();
  expect(await run(site)).toEqual({ code: 0, out: '', err: 'no phone has sent settings of its own\n' });
  site.write(`.offhook/uploads/${one}/${one}-phone.cfg`, 'mine');
  site.write('devices.yml', 'devices: [');
  expect((await run(site)).code).toBe(0);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createToken } from '../../src/state/tokens.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';

const device = macOf(1);

async function started(api = 'limits: off') {
  const project = createProject(siteOf([{ port: 5060 }, { port: 5061 }], `notify: { mode: off }\napi: { ${api} }`));
  const daemon = await startDaemon(project);
  const preview = (body: object, headers = {}) =>
    ask(daemon.httpPort, '/api/v1/preview', { method: 'POST', body, headers });
  return { project, daemon, preview };
}

test('a template of the project, or a text in its place, is shown as it would be for a device, and nothing is written', async () => {
  const { project, daemon, preview } = await started();
  const file = `${device}.cfg`;
  const shown = project.outText(file).replace('secret-of-1001', '••••••••');
  const whole = await preview({ device });
  expect(whole).toMatchObject({ status: 200, json: { problems: [] } });
  const names = Object(whole.json.files).map(({ name }: { name: string }) => name);
  expect(names).toEqual([file, 'acme-a1.cfg', 'acme.cfg']);
  expect((await preview({ device, template: 'acme/mac.cfg.njk' })).json).toEqual({
    files: [{ name: file, template: 'acme/mac.cfg.njk', text: shown }],
    problems: [],
  });
  const text = '{% for line in lines %}{{ line.name }} {{ line.password }} {{ server.url }}\n{% endfor %}';
  const other = await preview({ device: '02-00-00-00-00-01', template: 'acme/mac.cfg.njk', text });
  expect(other.json.files).toMatchObject([{ name: file, text: 'Person 1 •••••••• http://192.0.2.1:8080\n' }]);
  const alone = await preview({ device, text: '<a b="{{ lines[0].name }}&amp;{{ mac }}"/>', format: 'xml' });
  expect(alone.json.files).toMatchObject([{ text: `<a b="Person 1&amp;${device}"/>` }]);
  expect(project.outText(file)).toContain('secret-of-1001');
  // An optional one that would be empty is none.
  await daemon.after(
    () =>
      project.edit('templates/acme/vendor.yml', 'template: common.cfg.njk', 'template: common.cfg.njk, optional: true'),
    /build accepted/,
  );
  expect((await preview({ device, template: 'acme/common.cfg.njk', text: ' \n' })).json).toEqual({
    files: [],
    problems: [],
  });
});

test('what is wrong with a template is said with line and column, whether it is read or rendered', async () => {
  const { preview } = await started();
  const problemOf = async (text: string) => (await preview({ device, template: 'acme/mac.cfg.njk', text })).json;
  expect(await problemOf('a\n{{ lines | sorted }}')).toMatchObject({
    files: [],
    problems: [{ template: 'acme/mac.cfg.njk', line: 2, message: expect.stringContaining('unknown filter "sorted"') }],
  });
  expect(await problemOf('a\n\n  {{ settings.no_such.thing }}')).toMatchObject({ files: [], problems: [{ line: 3 }] });
  expect(await problemOf('{{ lines[0].password | upper }}')).toMatchObject({ files: [], problems: [{ line: 1 }] });
  expect(await preview({ device, template: 'acme/mac.cfg' })).toMatchObject({
    status: 404,
    json: { code: 'unknown-template', detail: expect.stringContaining('did you mean "acme/mac.cfg.njk"?') },
  });
  expect(await preview({ device: macOf(99) })).toMatchObject({ status: 404, json: { code: 'unknown-device' } });
  for (const body of [{}, { device: 'x' }, { device, text: {} }, { device, format: 'pdf' }, { device, more: 1 }])
    expect((await preview(body)).status, JSON.stringify(body)).toBe(400);
  expect((await preview({ device, text: 'a'.repeat(300_000) })).status).toBe(400);
  expect((await preview({ device, text: 'a'.repeat(1_100_000) })).status).toBe(413);
});

test('a template that has no end, wants all memory or makes too much is ended, and the daemon goes on', async () => {
  const { daemon, preview } = await started();
  const doubled = (times: number) => `{% set a = "xy abc" %}${'{% set a = a ~ a %}'.repeat(times)}{{ a }}`;
  const endless = '{% for a in range(1000000000) %}{% endfor %}';
  const slow = '{% for a in range(20000) %}{% for b in range(20000) %}{% endfor %}{% endfor %}';
  for (const text of [slow, endless, doubled(26)]) {
    const answer = await preview({ device, text });
    expect(answer, text.slice(0, 60)).toMatchObject({ status: 422 });
    expect(answer.json.code, text.slice(0, 60)).toMatch(/^too-(slow|much)$/);
  }
  expect(await preview({ device, text: doubled(18) })).toMatchObject({ status: 422, json: { code: 'too-large' } });
  expect((await preview({ device, text: '{{ mac }}' })).json.files).toMatchObject([{ text: device }]);
  expect((await daemon.get(`/${device}.cfg`)).status).toBe(200);
  expect(daemon.log.join('')).not.toMatch(/a request of the API failed/);
});

test('of too many at a time some are told to come again', async () => {
  const { preview } = await started();
  const answers = await Promise.all(Array.from({ length: 60 }, () => preview({ device })));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.length).toBeLessThan(60);
  expect(refused[0]).toMatchObject({ status: 503, json: { code: 'busy' }, headers: { 'retry-after': '5' } });
});

test('a template knows no secret, and does not get out of its process', async () => {
  const { preview } = await started();
  const attempts = [
    '{{ lines[0].password }}',
    '{% if lines[0].password == "secret-of-1001" %}yes{% endif %}',
    '{{ lines[0].password.constructor }}',
    '{{ range.constructor("return process")().env.PATH }}',
    '{{ cycler.constructor("return process")() }}',
    '{% include "../../devices.yml" %}',
  ];
  for (const text of attempts) {
    const { status, text: answer } = await preview({ device, text });
    expect({ text, status }).toEqual({ text, status: 200 });
    expect(answer).not.toMatch(/secret-of|yes|PATH|\/usr|templates_dir/);
  }
});

test('the process of templates has no environment, may open nothing but the program, and goes with the daemon', async () => {
  const { daemon, preview } = await started();
  expect((await preview({ device })).status).toBe(200);
  const [child, ...others] = childrenOf(process.pid).filter((pid) => cmdlineOf(pid).includes('sandbox/child'));
  expect(others).toEqual([]);
  expect(cmdlineOf(Number(child))).toMatch(/--permission\0(?:--allow-fs-read=[^*\0]+\0)+--max-old-space-size=/);
  expect(cmdlineOf(Number(child))).not.toMatch(/allow-(?:fs-write|child|worker|net|addons|wasi)/);
  expect(readFileSync(`/proc/${child}/environ`, 'utf8')).not.toMatch(/PATH|HOME/);
  await daemon.stop();
  await until('the end of the process', async () => !childrenOf(process.pid).includes(Number(child)));
});

const cmdlineOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

function childrenOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  });
}

test('it is for admins alone: a template is a program', async () => {
  const { project, preview } = await started('limits: off, auth: { tokens: on }');
  const as = (role: 'viewer' | 'operator' | 'admin') => {
    const text = createToken(project.state, { name: role, role, created: 0 });
    return preview({ device, text: '{{ mac }}' }, { authorization: `Bearer ${text}` });
  };
  expect((await preview({ device })).status).toBe(401);
  expect((await as('viewer')).status).toBe(403);
  expect((await as('operator')).status).toBe(403);
  expect((await as('admin')).status).toBe(200);
});

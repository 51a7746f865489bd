import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const quiet = 'notify: { mode: off }';
const two = [{ port: 5060 }, { port: 5061 }];
const ours = ['acme-a1.cfg', 'acme-a2.cfg', 'acme.cfg', `${macOf(1)}.cfg`, `${macOf(2)}.cfg`];

test('nothing outside out/ is served', async () => {
  const project = createProject(siteOf(two, quiet), { 'out/.hidden': 'hidden', 'secret.txt': 'outside' });
  symlinkSync('../secret.txt', project.path('out/link.txt'));
  symlinkSync('..', project.path('out/up'));
  const daemon = await startDaemon(project);
  const paths = [
    '/../devices.yml',
    '/%2e%2e/devices.yml',
    '/..%2fdevices.yml',
    '/..%5cdevices.yml',
    '/provision/../../devices.yml',
    '//etc/passwd',
    '/link.txt',
    '/up/devices.yml',
    '/.hidden',
    '/.offhook/journal.db',
    '/devices.yml%00.cfg',
  ];
  for (const path of paths) {
    const { status, text } = await daemon.get(path);
    expect([path, status >= 400 && status < 500, text]).toEqual([path, true, '']);
    await expect(daemon.rrq(decodeURIComponent(path))).rejects.toThrow(/Access violation|File not found|Illegal/);
  }
  expect((await daemon.get(`/${macOf(1)}.cfg`)).status).toBe(200);
});

test('nothing that offhook did not write is deleted from out/, and it takes away all that it wrote', async () => {
  const project = createProject(siteOf(two, quiet));
  const foreign = {
    'firmware.rom': 'rom',
    '001565000001.cfg': 'by hand',
    'rings/old.wav': 'wav',
    'acme.cfg.bak': 'bak',
  };
  for (const [name, text] of Object.entries(foreign)) project.write(`out/${name}`, text);
  symlinkSync('firmware.rom', project.path('out/latest.rom'));
  mkdirSync(project.path('out/empty'));
  const strange = readdirSync(project.out).sort();
  const daemon = await startDaemon(project);
  expect(readdirSync(project.out).sort()).toEqual([...strange, ...ours].sort());
  await daemon.after(
    () => project.edit('devices.yml', new RegExp(`.*${macOf(2)}.*\n`), ''),
    /build accepted .*removed=2/,
  );
  expect(readdirSync(project.out).sort()).toEqual(
    [...strange, ...ours.filter((name) => !/a2|02\.cfg/.test(name))].sort(),
  );
  for (const [name, text] of Object.entries(foreign)) expect(project.outText(name)).toBe(text);
  expect((await daemon.get('/latest.rom')).text).toBe('rom');
});

test('a file that somebody changed is made right by the next build, and its device notified', async () => {
  const project = createProject(siteOf(two, quiet));
  const first = await startDaemon(project);
  const right = project.outText(`${macOf(1)}.cfg`);
  await first.stop();
  project.write(`out/${macOf(1)}.cfg`, 'line.1.name = Mallory\n');
  const again = await startDaemon(project);
  expect(await again.said(/build accepted/)).toMatch(/changed=1 removed=0 touched=1/);
  expect(project.outText(`${macOf(1)}.cfg`)).toBe(right);
});

describe('every answer to a phone, the refusals too, is one row of the journal and one line of the log, with the reason', () => {
  test('over HTTP and TFTP', async () => {
    const daemon = await startDaemon(createProject(siteOf(two, quiet)));
    const own = `/${macOf(1)}.cfg`;
    const agent = { 'User-Agent': `Acme A1 1.2.3 ${macOf(1)}` };
    const etag = String((await daemon.get(own, { headers: agent })).headers.etag);
    await daemon.get(own, { headers: { ...agent, 'If-None-Match': etag } });
    await daemon.get(own.toUpperCase(), { headers: { ...agent, Range: 'bytes=0-3' } });
    await daemon.get('/acme.cfg', { method: 'HEAD', headers: agent });
    await daemon.get('/no\nsuch.cfg'.replace('\n', '%0a'));
    await daemon.get('/nothing.cfg?password=geheim');
    await daemon.get('/../devices.yml');
    await daemon.get(own, { method: 'POST' });
    await daemon.rrq(own);
    await daemon.rrq('acme-a2.cfg');
    await daemon.rrq('nothing.cfg').catch(() => {});
    await daemon.get('/-/healthy');
    await daemon.get('/-/metrics');
    const rows = await until('11 rows', () => daemon.fetches().length >= 11 && daemon.fetches());
    const lines = daemon.log.filter((line) => line.includes(' info fetch '));
    expect(rows).toHaveLength(11);
    expect(lines).toHaveLength(11);
    const brief = rows.map(({ protocol, method, path, status, device, reason }) =>
      [protocol, method, path, status, device === undefined ? '-' : device, reason === undefined ? 'ok' : 'why'].join(
        ' ',
      ),
    );
    expect(brief).toEqual([
      `http GET ${own} 200 ${macOf(1)} ok`,
      `http GET ${own} 304 ${macOf(1)} ok`,
      `http GET ${own.toUpperCase()} 206 ${macOf(1)} ok`,
      `http HEAD /acme.cfg 200 ${macOf(1)} ok`,
      'http GET /no%0asuch.cfg 400 - why',
      'http GET /nothing.cfg?... 404 - why',
      'http GET /../devices.yml 403 - why',
      `http POST ${own} 405 - why`,
      `tftp RRQ ${own} 200 ${macOf(1)} ok`,
      'tftp RRQ acme-a2.cfg 200 - ok',
      'tftp RRQ nothing.cfg 404 - why',
    ]);
    expect(rows[0]).toMatchObject({ user_agent: agent['User-Agent'], model: 'A1', firmware: '1.2.3', complete: true });
    expect(rows[2]).toMatchObject({ file: own.slice(1), bytes: 4 });
    for (const { reason } of rows) expect(lines.join('')).toContain(reason ?? '');
    expect(lines.join('')).not.toContain('geheim');
  });
});

test('the same inputs give the same bytes, in every order of files and devices', async () => {
  const site = siteOf([...two, { port: 5062 }, { port: 5063 }], quiet);
  const lines = site.split('\n');
  const devices = lines.filter((line) => line.startsWith('  - {'));
  const shuffled = [...lines.filter((line) => !line.startsWith('  - {')), ...devices.toReversed(), ''].join('\n');
  const bytes = async (text: string) => {
    const project = createProject(text);
    const daemon = await startDaemon(project);
    await daemon.stop();
    const names = readdirSync(project.out).sort();
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(project.out, name), 'utf8')]));
  };
  expect(await bytes(shuffled)).toEqual(await bytes(site));
});

test('a file of somebody else under a name that is wanted is taken over once, and served as built', async () => {
  const project = createProject(siteOf(two, quiet));
  writeFileSync(join(createOut(project.out), `${macOf(1)}.cfg`), 'by hand');
  const daemon = await startDaemon(project);
  expect((await daemon.get(`/${macOf(1)}.cfg`)).text).toContain('line.1.name = Person 1');
});

function createOut(out: string): string {
  mkdirSync(out, { recursive: true });
  return out;
}

import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { offhook } from '../support/offhook.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

test('offhook fetches says below a fetch what it shows to be wrong, and what to do', async () => {
  const project = createProject(siteOf([{ port: 5060 }, { port: 5061 }], 'notify: { mode: off }'));
  const daemon = await startDaemon(project);
  await daemon.get('/%7Bmac%7D.cfg');
  await daemon.get(`/${macOf(1)}.cfg`, { headers: { 'User-Agent': `Acme A7 1.2.3 ${macOf(1)}` } });
  await daemon.get('/$MA%e2%80%ae.cfg');
  await daemon.rrq(`${macOf(2)}.cfg`);
  await until('four rows', () => daemon.fetches().length === 4);

  const { out, code } = await offhook(['fetches', '--project', project.dir]);
  const lines = out.trimEnd().split('\n');
  expect([code, lines.length]).toEqual([0, 7]);
  expect(lines[0]).toContain('404');
  expect(lines[1]).toMatch(/^ {2}\^ error placeholder: 127\.0\.0\.1 asked for .*; take "\{mac\}" out of the URL/);
  expect(lines[3]).toMatch(
    /^ {2}\^ error other-model: 02:00:00:00:00:01 says that it is a Acme A7, .* acme\/a1; correct/,
  );
  expect(lines[5]).toMatch(/^ {2}\^ error placeholder/);
  expect(lines[6]).toContain(macOf(2));
  expect(out).not.toMatch(/[\p{Cf}\u001b]/u);

  const json = await offhook(['fetches', '--project', project.dir, '--format', 'json']);
  const rows = json.out
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
  expect(rows.map(({ findings = [] }) => findings.map(({ id }: { id: string }) => id))).toEqual([
    ['placeholder'],
    ['other-model'],
    ['placeholder'],
    [],
  ]);
});

test('offhook fetches explains what it can when the project is broken or gone', async () => {
  const project = createProject(siteOf([{ port: 5060 }], 'notify: { mode: off }'));
  const daemon = await startDaemon(project);
  await daemon.get('/%7Bmac%7D.cfg');
  await until('a row', () => daemon.fetches().length === 1);
  await daemon.stop();
  project.write('devices.yml', 'devices: [');
  const { out, code } = await offhook(['fetches', '--project', project.dir]);
  expect([code, out.trimEnd().split('\n').length]).toEqual([0, 2]);
  expect(out).toContain('error placeholder');
});

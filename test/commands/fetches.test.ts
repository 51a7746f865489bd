import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { offhook, startOffhook } from '../support/offhook.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const site = siteOf([{ port: 5060 }, { port: 5061 }], 'notify: { mode: off }');

test('offhook fetches shows what devices fetched: all, of a device, since, as JSON, and what comes', async () => {
  const project = createProject(site);
  const fetches = (...args: string[]) => offhook(['fetches', '--project', project.dir, ...args]);
  expect(await fetches()).toEqual({
    ...{ code: 1, out: '' },
    err: `offhook: there is no journal in ${project.state}: \`offhook serve\` has not run here, or has its --state elsewhere\n`,
  });
  const daemon = await startDaemon(project);
  await daemon.get(`/${macOf(1)}.cfg`, { headers: { 'User-Agent': `Acme A1 1.2.3 ${macOf(1)}` } });
  await daemon.rrq(`${macOf(2)}.cfg`);
  await daemon.get('/nothing.cfg\u001b[31m'.replace('\u001b', '%1b'));
  await until('three rows', () => daemon.fetches().length === 3);

  const follower = startOffhook(['fetches', '--project', project.dir, '--follow', '--limit', '1']);
  const [all, one, later, json] = await Promise.all([
    fetches(),
    fetches('--device', '02-00-00-00-00-01'),
    fetches('--since', '2099-01-01'),
    fetches('--since', '1h', '--format', 'json'),
  ]);
  expect(all.out.trim().split('\n')).toEqual([
    expect.stringMatching(
      /^\S+Z {2}02:00:00:00:00:01 {2}127\.0\.0\.1 .*http GET.* 200 .*020000000001\.cfg.*\(A1 1\.2\.3\)$/,
    ),
    expect.stringMatching(/02:00:00:00:00:02 .*tftp RRQ/),
    expect.stringMatching(/^\S+Z {2}- .* 400 .*%1b\[31m/),
  ]);
  expect(one.out.trim().split('\n')).toHaveLength(1);
  expect(later).toEqual({ code: 0, out: '', err: '' });
  const rows = json.out
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
  expect(rows.map(({ protocol, status }) => [protocol, status])).toEqual([
    ['http', 200],
    ['tftp', 200],
    ['http', 400],
  ]);

  await follower.said(/ 400 /);
  await daemon.get('/acme.cfg');
  await follower.said(/acme\.cfg/);
  expect(follower.out().trim().split('\n')).toHaveLength(2);
  follower.kill('SIGTERM');
  expect(await follower.ended).toBe(0);
});

import { expect, test } from 'vitest';
import { readJournal } from '../../src/state/journal.ts';
import { startDaemon } from '../support/daemon.ts';
import { portsOf, startOffhook } from '../support/offhook.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { isSigned, startReceiver } from '../webhooks/receiver.ts';

const secret = 'a-secret-for-the-hook';

const siteWith = (port: number) =>
  siteOf(
    [{ port: 5060 }, { port: 5061 }],
    `notify: { mode: off }\nwebhooks: [{ name: portal, url: "http://127.0.0.1:${port}/", secret: { file: hook.secret }, events: [fetch, build] }]`,
  );

const projectFor = (port: number): Project => createProject(siteWith(port), { 'hook.secret': secret });

const serveArgs = ({ dir }: Project) => [
  ...[
    'serve',
    '--project',
    dir,
    '--host',
    '127.0.0.1',
    '--http-port',
    '0',
    '--tftp-port',
    '0',
    '--no-notify',
    '--no-sync',
  ],
  ...['--workers', '1'],
];

test('the daemon tells a webhook of builds and fetches, and of nothing that it does not want', async () => {
  const receiver = await startReceiver();
  const project = projectFor(receiver.port);
  const { get, log } = await startDaemon(project);
  await get(`/${macOf(1)}.cfg`);
  const told = await receiver.got(2);
  expect(told.map(({ event }) => event.event)).toEqual(['build.finished', 'fetch.finished']);
  expect(told.every((got) => isSigned(got, secret))).toBe(true);
  expect((await get('/-/metrics')).text).toMatch(
    /^offhook_webhook_events_total\{webhook="portal",result="delivered"\} 2$/m,
  );
  expect(log.join('')).not.toContain(secret);
});

test('a daemon that is killed again and again while its receiver fails loses no event, and tells them in order', async () => {
  const receiver = await startReceiver();
  const project = projectFor(receiver.port);
  let asked = 0;
  const taken: number[] = [];
  receiver.answers((response, { event }) => {
    asked++;
    if (asked % 3 === 0) return void response.destroy();
    if (asked % 7 === 0) return void response.writeHead(503).end();
    taken.push(event.id);
    response.writeHead(204).end();
  });
  for (let round = 1; round <= 4; round++) {
    const daemon = startOffhook(serveArgs(project));
    const { http } = await portsOf(daemon);
    await daemon.said(/build accepted/);
    const before = taken.length;
    for (let number = 0; number < 20; number++)
      expect((await fetch(`http://127.0.0.1:${http}/${macOf(1)}.cfg?round=${round}&number=${number}`)).status).toBe(
        200,
      );
    // Some of them; the others wait while it is killed. In the last round all.
    await until('some that were told', () => taken.length > before + 2);
    if (round === 4) await until('all', () => new Set(taken).size === idsIn(project).length);
    daemon.kill('SIGKILL');
    await daemon.ended;
  }
  expect(idsIn(project).length).toBeGreaterThan(20);
  // At least once, in the order in which they first came.
  expect([...new Set(taken)]).toEqual(idsIn(project));
});

/** Of the builds and fetches that the journal has. */
function idsIn({ state }: Project): number[] {
  const journal = readJournal({ folder: state });
  const { events = [] } = journal?.events({ after: 0, sources: ['builds', 'fetches'], limit: 10_000 }) ?? {};
  journal?.close();
  return events.map(({ id }) => id);
}

import { expect, onTestFinished, test } from 'vitest';
import { readTftp } from '../../src/doctor/tftp-read.ts';
import { examine } from '../../src/examination/examine.ts';
import { startDaemon } from '../support/daemon.ts';
import { offhook } from '../support/offhook.ts';
import { createProject, macOf, shipped, siteOf } from '../support/project.ts';
import { startUdpRelay } from '../support/udp-relay.ts';
import { until } from '../support/until.ts';

test('a phone whose large blocks are lost on the way is found in the fetch log, and explained there', async () => {
  const project = createProject(siteOf([{ port: 5060 }], 'notify: { mode: off }'));
  project.write('templates/acme/mac.cfg.njk', `# {{ mac }}\n${'# a long line\n'.repeat(400)}`);
  const daemon = await startDaemon(project);
  const relay = await startUdpRelay(daemon.tftpPort, { seed: 1, lose: 1, spares: ({ length }) => length < 1400 });
  onTestFinished(relay.stop);
  const ask = () =>
    readTftp({
      ...{ address: '127.0.0.1', port: relay.port, path: `${macOf(1)}.cfg`, options: [['blksize', '1468']] },
      // The server gives up first.
      ...{ tries: 60, patience: 500 },
    });
  void ask();
  void ask();
  await until('both cut off', () => daemon.fetches().filter(({ complete }) => !complete).length === 2);
  const { dir, out, state } = project;
  const found = await examine({ project: { dir, shipped }, out, state, now: Date.now() });
  expect(found.filter(({ id }) => id === 'block-size')).toMatchObject([
    { severity: 'error', device: macOf(1), count: 2, seen: expect.stringContaining('stop after 0 bytes') },
  ]);
  expect((await offhook(['fetches', '--project', dir])).out).toContain('  ^ error block-size: 02:00:00:00:00:01');
});

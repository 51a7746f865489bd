import { chmodSync, chownSync, cpSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { offhook, portsOf, startOffhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { copyExample, createProject, macOf, siteOf } from '../support/project.ts';

const site = siteOf([{ port: 5060 }], 'notify: { mode: off }');
const local = ['--host', '127.0.0.1', '--http-port', '0', '--tftp-port', '0'];

describe('offhook serve', () => {
  test('serves the example that `npm start` does: each phone’s file, over both protocols', async () => {
    const project = copyExample();
    const daemon = startOffhook(['serve', '--project', project.dir, ...local, '--no-notify']);
    const { http } = await portsOf(daemon);
    const names = [
      '001565123456.cfg',
      '001565123456.boot',
      '0004f2abcdef.cfg',
      'cfg000b82aabbcc.xml',
      'spa504G.cfg',
      '0002fdff2103.cfg',
      '000bea85f554.cfg',
    ];
    for (const name of names)
      expect([name, (await fetch(`http://127.0.0.1:${http}/${name}`)).status]).toEqual([name, 200]);
    daemon.kill('SIGINT');
    expect(await daemon.ended).toBe(0);
  });

  test('says that another daemon works with its state folder', async () => {
    const project = createProject(site);
    const serve = () => startOffhook(['serve', '--project', project.dir, ...local, '--no-notify']);
    const first = serve();
    await portsOf(first);
    const second = serve();
    await second.said(/another daemon works with this state folder/);
    expect(first.err()).not.toContain('another daemon');
    for (const daemon of [second, first]) {
      daemon.kill('SIGTERM');
      expect(await daemon.ended).toBe(0);
    }
  });

  test('says what to do when a port is taken', async () => {
    const first = await startDaemon(createProject(site));
    const project = createProject(site);
    const serve = (...ports: string[]) => offhook(['serve', '--project', project.dir, '--host', '127.0.0.1', ...ports]);
    const [http, tftp] = await Promise.all([
      serve('--http-port', String(first.httpPort), '--tftp-port', '0'),
      offhook([
        'serve',
        '--project',
        createProject(site).dir,
        '--host',
        '127.0.0.1',
        '--http-port',
        '0',
        '--tftp-port',
        String(first.tftpPort),
      ]),
    ]);
    expect(http.code).toBe(1);
    expect(http.err).toMatch(
      /\noffhook: cannot serve HTTP on port \d+ of 127\.0\.0\.1: another program has it, .*--http-port\)\n$/,
    );
    expect(tftp.code).toBe(1);
    expect(tftp.err).toMatch(
      /\noffhook: TFTP cannot listen on UDP port \d+ of 127\.0\.0\.1: another program has it, .*--tftp-port\.\n$/,
    );
  });

  test('says what to do when this machine has no such address', async () => {
    const { code, err } = await offhook([
      'serve',
      '--project',
      createProject(site).dir,
      '--host',
      '203.0.113.77',
      '--http-port',
      '0',
      '--tftp-port',
      '0',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /\noffhook: cannot serve HTTP on port 0 of 203\.0\.113\.77: this machine has no such address; .*--host/,
    );
  });

  const setpriv = peer('setpriv', 'util-linux');
  const mayBind = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) <= 69;
  const isRoot = process.geteuid?.() === 0;

  test.skipIf((isRoot && setpriv.missing) || mayBind)(
    `as a user who may not bind port 69 says so, with the remedy (${setpriv.sentence}, and a kernel that keeps ports below 1024)`,
    async () => {
      const project = createProject(site);
      const nobody = 65534;
      chmodSync(project.dir, 0o755);
      if (isRoot) chownSync(project.dir, nobody, nobody);
      const through = isRoot
        ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs']
        : [];
      const { code, err } = await offhook(
        ['serve', '--project', project.dir, '--host', '127.0.0.1', '--http-port', '0', '--tftp-port', '69'],
        { through, env: { NODE_COMPILE_CACHE: '' } },
      );
      expect(code).toBe(1);
      expect(err).toMatch(
        /\noffhook: TFTP cannot listen on UDP port 69 of 127\.0\.0\.1: this user may not bind a port below 1024\. /,
      );
      expect(err).toMatch(/setcap cap_net_bind_service.*--tftp-port/);
    },
  );

  test('without devices.yml serves what is there, and builds when the file comes', async () => {
    const project = createProject(site);
    const text = project.read('devices.yml');
    await (await startDaemon(project)).stop();
    cpSync(project.path('devices.yml'), project.path('devices.old'));
    project.write('devices.yml', '');
    const daemon = startOffhook(['serve', '--project', project.dir, ...local]);
    const { http } = await portsOf(daemon);
    await daemon.said(/build rejected; phones keep the last good files/);
    const name = async () =>
      /line\.1\.name = (.*)/.exec(await (await fetch(`http://127.0.0.1:${http}/${macOf(1)}.cfg`)).text())?.[1];
    expect(await name()).toBe('Person 1');
    project.write('devices.yml', text.replace('Person 1', 'Ada'));
    await daemon.said(/build accepted .*changed=1/);
    expect(await name()).toBe('Ada');
  });
});

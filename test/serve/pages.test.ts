import { describe, expect, test } from 'vitest';
import { daemonOf, startDaemon } from '../support/daemon.ts';
import { startListening } from '../support/phones.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const two = [{ port: 5060 }, { port: 5061 }];
const metric = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );

describe('the pages for operators', () => {
  test('say healthy at once, and ready only once a build was accepted', async () => {
    const project = createProject(siteOf(two, 'notify: { mode: off }').replace('192.0.2.1', ''));
    const daemon = await startDaemon(project);
    expect(await daemon.get('/-/healthy')).toMatchObject({ status: 200, text: 'healthy\n' });
    expect(await daemon.get('/-/ready')).toMatchObject({ status: 503, text: 'no build was accepted yet\n' });
    expect((await daemon.get('/-/nothing')).status).toBe(404);
    await daemon.after(() => project.edit('devices.yml', 'address: ', 'address: 192.0.2.1'), /build accepted/);
    expect(await daemon.get('/-/ready')).toMatchObject({ status: 200, text: 'ready\n' });
    expect((await daemon.get('/-/ready', { method: 'POST' })).status).toBe(405);
  });

  test('are ready after a restart with a broken project: phones get the last good files', async () => {
    const project = createProject(siteOf(two, 'notify: { mode: off }'));
    await (await startDaemon(project)).stop();
    project.edit('devices.yml', 'devices:', 'devices: [');
    const daemon = await startDaemon(project);
    expect((await daemon.get('/-/ready')).status).toBe(200);
    expect((await daemon.get(`/${macOf(1)}.cfg`)).text).toContain('line.1.name = Person 1');
  });

  test('count builds, fetches and notifies, and say which devices are up to date', async () => {
    const phone = await startListening();
    const project = createProject(siteOf([{ ...phone }, { port: 1 }]));
    const daemon = await startDaemon(project);
    await until('the fact', () => daemon.notifies().length === 1);
    await daemon.get(`/${macOf(1)}.cfg`);
    await daemon.get('/nothing.cfg');
    await daemon.rrq(`${macOf(2)}.cfg`);
    await daemon.after(() => project.edit('devices.yml', 'Person 2', 'Ada'), /build accepted/);
    await daemon.after(() => project.edit('devices.yml', 'devices:', 'devices: }'), /build rejected/);
    await until('three facts', () => daemon.notifies().length === 3);
    const { text, headers } = await daemon.get('/-/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(metric(text, 'offhook_fetches_total{protocol="http",result="ok"}')).toBe(1);
    expect(metric(text, 'offhook_fetches_total{protocol="http",result="not_found"}')).toBe(1);
    expect(metric(text, 'offhook_fetches_total{protocol="tftp",result="ok"}')).toBe(1);
    expect(metric(text, 'offhook_builds_total{accepted="true"}')).toBeGreaterThanOrEqual(2);
    expect(metric(text, 'offhook_builds_total{accepted="false"}')).toBeGreaterThanOrEqual(1);
    expect(metric(text, 'offhook_notifies_total{outcome="accepted"}')).toBeGreaterThanOrEqual(2);
    expect(metric(text, 'offhook_notifies_total{outcome="unreachable"}')).toBeGreaterThanOrEqual(1);
    // The first has answered and not fetched; nobody is at the address of the second.
    expect(metric(text, 'offhook_devices{state="notified"}')).toBe(1);
    expect(metric(text, 'offhook_devices{state="unreachable"}')).toBe(1);
    expect(metric(text, 'offhook_last_accepted_build_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(text).not.toContain(macOf(1));
    expect(text).not.toContain('secret-of');
    await daemon.get(`/${macOf(1)}.cfg`);
    const after = (await daemon.get('/-/metrics')).text;
    expect(metric(after, 'offhook_devices{state="current"}')).toBe(1);
  });

  test('a port that is taken is a sentence, and leaves nothing open behind', async () => {
    const project = createProject(siteOf(two, 'notify: { mode: off }'));
    const first = await startDaemon(project);
    const other = createProject(siteOf(two, 'notify: { mode: off }'));
    const taken = daemonOf(other, [], { tftpPort: first.tftpPort });
    await expect(taken.start()).rejects.toThrow(
      /TFTP cannot listen on UDP port \d+ of 127\.0\.0\.1: another program has it/,
    );
    const free = daemonOf(other, []);
    await free.start();
    await free.stop();
  });
});

import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { portsOf, startOffhook } from '../support/offhook.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const [one, two] = [macOf(1), macOf(2)];
const phones = [
  { address: '127.0.0.1', port: 9 },
  { address: '127.0.0.1', port: 9 },
];

describe.each([0, 1, 2])('a daemon with %i workers', (workers) => {
  const start = async (sections = '') => {
    const project = createProject(siteOf(phones, sections));
    return { project, daemon: await startDaemon(project, { workers, notify: false }) };
  };

  test('serves what it built over both protocols, from the first moment, and writes every answer down', async () => {
    const { project, daemon } = await start();
    const text = project.outText(`${one}.cfg`);
    expect((await daemon.get(`/provision/${one.toUpperCase()}.cfg`)).text).toBe(text);
    expect(await daemon.rrq(`${one}.cfg`)).toBe(text);
    expect((await daemon.get('/nothing.cfg')).status).toBe(404);
    expect((await daemon.get(`/${one}.cfg`, { method: 'DELETE' })).status).toBe(405);
    await expect(daemon.rrq('../devices.yml')).rejects.toThrow('Access violation');
    const rows = await until('five rows', () => daemon.fetches().length === 5 && daemon.fetches());
    const served = { device: one, file: `${one}.cfg`, status: 200, complete: true, bytes: Buffer.byteLength(text) };
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...served, protocol: 'http', revision: expect.stringMatching(/^[0-9a-f]+$/) }),
        expect.objectContaining({ ...served, protocol: 'tftp', revision: expect.stringMatching(/^[0-9a-f]+$/) }),
        expect.objectContaining({ status: 404, path: '/nothing.cfg' }),
        expect.objectContaining({ status: 405, method: 'DELETE' }),
        expect.objectContaining({ status: 403, protocol: 'tftp' }),
      ]),
    );
    await until('the log of them', () => daemon.log.filter((line) => line.includes(' info fetch ')).length === 5);
  });

  test('answers from the new files as soon as the build was accepted, with another revision, and not from those that are gone', async () => {
    const { project, daemon } = await start();
    await daemon.get(`/${one}.cfg`);
    const gone = (device: string) => project.edit('devices.yml', new RegExp(`  - \\{ mac: "${device}".*\\n`), '');
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted .*changed=[1-9]/);
    expect((await daemon.get(`/${one}.cfg`)).text).toContain('Ada');
    expect(await daemon.rrq(`${one}.cfg`)).toContain('Ada');
    const rows = await until('three rows', () => daemon.fetches().length === 3 && daemon.fetches());
    const [before, ...after] = rows.map(({ revision }) => revision);
    expect(before).toBeDefined();
    expect(after.every((revision) => revision !== undefined && revision === after[0] && revision !== before)).toBe(
      true,
    );
    await daemon.after(() => gone(two), /build accepted .*removed=[1-9]/);
    expect((await daemon.get(`/${two}.cfg`)).status).toBe(404);
  });

  test('has pages for operators, and what a site says of prefixes and uploads holds', async () => {
    const { daemon } = await start('uploads: on');
    expect((await daemon.get('/-/healthy')).text).toBe('healthy\n');
    expect((await daemon.get('/-/ready')).status).toBe(200);
    expect((await daemon.get('/-/metrics')).text).toContain('offhook_fetches_total');
    expect((await daemon.get('/-/nothing')).status).toBe(404);
    const put = (await fetch(`http://127.0.0.1:${daemon.httpPort}/${one}.log`, { method: 'PUT', body: 'x' })).status;
    expect(put).toBe(403);
    const [row] = await until('the row', () => daemon.fetches().length > 0 && daemon.fetches());
    expect(row).toMatchObject({ method: 'PUT', device: one, status: 403, address: '127.0.0.1' });
  });

  test('keeps out whom the site keeps out, from the first answer on', async () => {
    const { daemon } = await start('access: { networks: [127.0.0.9/32] }');
    expect((await daemon.get(`/${one}.cfg`)).status).toBe(404);
    expect((await daemon.get(`/${one}.cfg`, { from: '127.0.0.9' })).status).toBe(200);
    await expect(daemon.rrq(`${one}.cfg`)).rejects.toThrow('File not found');
    expect(await daemon.rrq(`${one}.cfg`, '127.0.0.9')).toContain('Person 1');
  });
});

test('the command line starts as many workers as there are cores, and says what is wrong with their number or with the ports to answer from', async () => {
  const project = createProject(siteOf([{ port: 9 }], 'notify: { mode: off }'));
  const local = ['serve', '--project', project.dir, '--host', '127.0.0.1', '--http-port', '0', '--tftp-port', '0'];
  const serve = (...more: string[]) => startOffhook([...local, ...more]);
  const daemon = serve();
  const { http } = await portsOf(daemon);
  expect((await fetch(`http://127.0.0.1:${http}/${one}.cfg`)).status).toBe(200);
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toBe(0);
  expect(daemon.err()).not.toContain('Experimental');
  for (const [option, value, words] of [
    ['--workers', 'many', '--workers is "many"; wanted a number up to 64, 0 for none'],
    ['--tftp-port-range', '5-4', '--tftp-port-range is "5-4"; wanted the first and the last of at most 1000 ports'],
  ] as const) {
    const refused = serve(option, value);
    expect(await refused.ended).toBe(1);
    expect(refused.err()).toContain(words);
  }
});

test.each(['http', 'tftp'])(
  'who guesses over %s gets no further with two workers than with one, but for what is on its way between them',
  async (protocol) => {
    const guessing = 'guessing: { per_minute: 20, slow_ms: 0, refuse_minutes: 5 }';
    const project = createProject(siteOf(phones, `access: { networks: [127.0.0.0/8], ${guessing} }`));
    const daemon = await startDaemon(project, { workers: 2, notify: false });
    const guess = (mac: string) =>
      protocol === 'http' ? daemon.get(`/${mac}.cfg`) : daemon.rrq(`${mac}.cfg`).catch(() => {});
    for (let count = 1; count <= 90; count++) await guess(macOf(1000 + count));
    const rows = await until('all rows', () => daemon.fetches().length === 90 && daemon.fetches());
    const answered = rows.filter(({ refusal }) => refusal !== 'guessing').length;
    // Twice the number is the limit; two workers that know nothing of each other would answer 82.
    expect(answered).toBeGreaterThan(40);
    expect(answered).toBeLessThan(60);
    expect(daemon.log.filter((line) => line.includes('refused for guessing'))).toHaveLength(1);
    expect((await daemon.get(`/${one}.cfg`)).status).toBe(404);
    expect((await daemon.get(`/${one}.cfg`, { from: '127.0.0.9' })).status).toBe(200);
  },
);

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ExaminationOptions, examine } from '../../src/examination/examine.ts';
import { type Finding, needsPerson } from '../../src/findings/finding.ts';
import type { FindingId } from '../../src/findings/kinds.ts';
import { type Answered, openCursor } from '../../src/state/directories.ts';
import { readFleet } from '../../src/state/fleet.ts';
import { createAuthority } from '../support/certificates.ts';
import { type RunningDaemon, type StartOptions, startDaemon } from '../support/daemon.ts';
import { offhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createProject, macOf, type Project, shipped, siteOf } from '../support/project.ts';
import { createSlapd, peopleBase, peopleLdif, reader } from '../support/slapd.ts';
import { remount, smallDisk, smallDisks } from '../support/small-disk.ts';
import { startUdpRelay } from '../support/udp-relay.ts';
import { until } from '../support/until.ts';

interface Told {
  readonly http: number;
  readonly tftp: number;
  /** More of `server`. */
  readonly server?: string;
  readonly sections?: string;
}

const site = ({ http, tftp, server = '', sections = '' }: Told) =>
  siteOf([{ port: 5060 }, { port: 5060 }], `notify: { mode: off }\n${sections}`).replace(
    /^server: .*$/m,
    `server: { address: 127.0.0.1, http: { port: ${http} }, tftp: { port: ${tftp} }${server} }`,
  );

const look = ({ dir, out, state }: Project, more: Partial<ExaminationOptions> = {}): Promise<Finding[]> =>
  examine({ project: { dir, shipped }, out, state, now: Date.now(), ...more });
const only = (findings: readonly Finding[], id: FindingId) => findings.filter((found) => found.id === id);
const needing = (findings: readonly Finding[]) => findings.filter(needsPerson);

interface Running {
  readonly project: Project;
  readonly daemon: RunningDaemon;
  /** Phones are told something else from here on. */
  tell(told: Partial<Told>): Promise<void>;
}

/** A daemon, and phones that are told where it is. */
async function start(
  told: Partial<Told> = {},
  options: StartOptions = {},
  prepare = (_: Project) => {},
): Promise<Running> {
  const project = createProject(site({ http: 1, tftp: 1, ...told }));
  prepare(project);
  const daemon = await startDaemon(project, options);
  const ports = { http: daemon.httpPort, tftp: daemon.tftpPort };
  const tell = async (more: Partial<Told>) => {
    await daemon.after(() => project.write('devices.yml', site({ ...ports, ...told, ...more })), /build accepted/);
  };
  await tell({});
  return { project, daemon, tell };
}

describe('an examination', () => {
  test('finds nothing where all is well, and is no fetch of any phone', async () => {
    const { project, daemon } = await start();
    const run = () => offhook(['doctor', '--project', project.dir, '--format', 'json']);
    const { code, out, err } = await run();
    expect([code, err]).toEqual([0, '']);
    const { counts, findings } = JSON.parse(out);
    expect(counts).toMatchObject({ error: 0, warning: 0 });
    expect(findings.map(({ id }: Finding) => id)).toEqual(['never-asked', 'never-asked']);
    const asked = await until('what was asked', () => daemon.fetches().length >= 8 && daemon.fetches());
    expect(asked.map(({ revision }) => revision)).toEqual(asked.map(() => undefined));
    expect(new Set(asked.map(({ protocol, status }) => `${protocol} ${status}`))).toEqual(
      new Set(['http 200', 'tftp 200']),
    );
    expect(asked.find(({ protocol, file }) => protocol === 'http' && file === `${macOf(1)}.cfg`)?.reason).toContain(
      'doctor',
    );
    const { state } = project;
    expect(readFleet({ state, out: project.out, now: Date.now() })?.map((one) => one.state)).toEqual([
      'unseen',
      'unseen',
    ]);
  });

  test('asks as the phone does: its own user agent, its files in their order', async () => {
    const { project, daemon } = await start();
    const agent = `Acme A1 9.9.9 ${macOf(1)}`;
    await daemon.get('/acme.cfg', { headers: { 'User-Agent': agent } });
    await until('it is written', () => daemon.fetches().length === 1);
    await look(project, { choose: ({ site: { devices } }) => devices.slice(0, 1) });
    const asked = await until('what was asked', () => daemon.fetches().length >= 7 && daemon.fetches().slice(1));
    const http = asked.filter(({ protocol }) => protocol === 'http');
    expect(http.map(({ user_agent }) => user_agent)).toEqual(http.map(() => agent));
    expect(http.map(({ file }) => file)).toEqual([`${macOf(1)}.cfg`, 'acme-a1.cfg', 'acme.cfg']);
  });

  test('shows what the fetch log shows, of all devices or of one', async () => {
    const { project, daemon } = await start();
    await daemon.get('/%7Bmac%7D.cfg');
    await daemon.get(`/${macOf(2)}.cfg`, { headers: { 'User-Agent': `Acme A1 1.2.3 ${macOf(2)}` } });
    await until('both', () => daemon.fetches().length === 2);
    expect(needing(await look(project)).map(({ id }) => id)).toEqual(['placeholder', 'other-model']);
    const { code, out } = await offhook(['doctor', '--project', project.dir, '--device', '1002']);
    expect(code).toBe(1);
    expect(out).toMatch(/^error other-model: .*\n {2}02:00:00:00:00:02 at 127\.0\.0\.1: says that it is a Acme A1/m);
    expect(out).not.toContain('00:00:01');
    expect((await offhook(['doctor', '--project', project.dir, '--device', '999'])).err).toContain(
      '"999" is no device',
    );
  });

  test('knows the phones of the last build while the project has faults', async () => {
    const { project, daemon } = await start();
    await daemon.get(`/${macOf(2)}.cfg`, { headers: { 'User-Agent': `Acme A1 1.2.3 ${macOf(2)}` } });
    await until('it is written', () => daemon.fetches().length === 1);
    await daemon.after(
      () => project.write('devices.yml', `${project.read('devices.yml')}nonsense: 1\n`),
      /build rejected/,
    );
    expect(needing(await look(project)).map(({ id }) => id)).toEqual(['other-model', 'project']);
  });

  test('finds that nobody answers at the port that phones are told', async () => {
    const { project, daemon, tell } = await start();
    await tell({ http: 1, tftp: 1 });
    const findings = await look(project);
    expect(only(findings, 'no-answer').map(({ severity, seen }) => [severity, seen.split(':')[0]])).toEqual([
      ['error', 'http at 127.0.0.1, port 1'],
      ['note', 'tftp at 127.0.0.1, port 1'],
    ]);
    expect(only(findings, 'other-port')).toMatchObject([
      { seen: `phones are told port 1 (http), and the daemon listens on ${daemon.httpPort}` },
      { seen: `phones are told port 1 (tftp), and the daemon listens on ${daemon.tftpPort}` },
    ]);
  });

  test('finds who has the port when no daemon runs', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    const dark = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([once(taken, 'listening'), once(dark, 'listening')]);
    onTestFinished(() => void [taken.close(), dark.close()]);
    const { port } = taken.address() as AddressInfo;
    const project = createProject(site({ http: port, tftp: dark.address().port }));
    const findings = await look(project);
    expect(only(findings, 'not-running')).toHaveLength(1);
    const owners = only(findings, 'port-taken');
    expect(owners.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
    for (const { seen } of owners) expect(seen).toContain(`(process ${process.pid})`);
    expect(only(findings, 'out-differs')).toMatchObject([{ count: 5 }]);
  });

  test('finds a server elsewhere that serves other bytes, or none', async () => {
    const { project, daemon } = await start();
    const other = createHttp((request, response) => {
      response.statusCode = request.url === '/acme.cfg' ? 404 : 200;
      response.setHeader('Date', new Date(Date.now() - 7_200_000).toUTCString());
      response.end('something else');
    }).listen(daemon.httpPort, '127.0.0.3');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const findings = await look(project, { host: '127.0.0.3' });
    expect(only(findings, 'wrong-bytes').length).toBeGreaterThan(1);
    expect(only(findings, 'not-served')).toMatchObject([{ seen: '"acme.cfg" over http: status 404' }]);
    expect(only(findings, 'clock')[0]?.seen).toMatch(/differs from this one’s by 7\d\d\d s/);
    expect([...only(findings, 'not-running'), ...only(findings, 'never-asked')]).toEqual([]);
    expect(needing(await look(project, { host: '127.0.0.1' }))).toEqual([]);
  });

  test('finds that large blocks are lost on the way', async () => {
    const { project, daemon, tell } = await start({}, {}, (made) => {
      made.write('templates/acme/common.cfg.njk', `# every Acme\n${'# a long line\n'.repeat(400)}`);
    });
    const relay = await startUdpRelay(daemon.tftpPort, { seed: 1, lose: 1, spares: ({ length }) => length < 1400 });
    onTestFinished(relay.stop);
    await tell({ tftp: relay.port });
    expect(only(await look(project), 'mtu')).toMatchObject([
      { severity: 'warning', seen: expect.stringContaining('1468') },
    ]);
    expect(relay.done.lost).toBeGreaterThan(0);
  });

  test('is let in with the token and the credentials of the phone, and says where it cannot be', async () => {
    const access = (what: string) => `defaults: { access: ${what} }`;
    const { project, tell } = await start();
    await tell({
      sections: access(
        '{ token: token-of-all-phones-1, credentials: { user: phones, password: a-good-one, scheme: digest } }',
      ),
    });
    const inside = await look(project);
    expect(needing(inside)).toEqual([]);
    expect(JSON.stringify(inside)).not.toMatch(/token-of-all-phones|a-good-one/);
    await tell({ sections: access('{ networks: [192.0.2.0/24] }') });
    const outside = await look(project);
    expect(needing(outside)).toEqual([]);
    expect(only(outside, 'refused-here').length).toBeGreaterThan(0);
  });

  test('finds faults of the project, and a state folder that cannot be', async () => {
    const project = createProject('devices: [');
    writeFileSync(project.path('file'), '');
    const findings = await look(project, { state: project.path('file/state') });
    expect(only(findings, 'project')[0]).toMatchObject({
      severity: 'error',
      seen: expect.stringContaining('devices.yml:1'),
    });
    expect(only(findings, 'state-folder')[0]?.seen).toContain('cannot be written');
  });

  test('finds a PBX that is away, and an address that no NOTIFY can leave for', async () => {
    const project = createProject(
      site({ http: 1, tftp: 1, sections: 'registry: [{ kamailio: { url: "http://127.0.0.1:1/RPC" } }]' }).replace(
        'sip_port: 5060,',
        'ip: 255.255.255.255, sip_port: 5060,',
      ),
    );
    const findings = await look(project);
    expect(only(findings, 'registry')).toMatchObject([
      { severity: 'warning', seen: expect.stringContaining('kamailio') },
    ]);
    expect(only(findings, 'notify-path')).toMatchObject([{ device: macOf(1), address: '255.255.255.255' }]);
  });
});

const openssl = peer('openssl', 'openssl');

test.skipIf(openssl.missing)(`finds a certificate that has expired, as it is shown (${openssl.sentence})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await createAuthority(folder, '/CN=authority');
  const [old, other] = [
    await authority.sign('/CN=old', 'IP:127.0.0.1', { expired: true }),
    await authority.sign('/CN=other', 'DNS:other.example'),
  ];
  const https = ', https: { cert: tls/cert.pem, key: tls/key.pem }';
  const put = ({ certFile, keyFile }: typeof old, project: Project) => {
    mkdirSync(project.path('tls'), { recursive: true });
    copyFileSync(certFile, project.path('tls/cert.pem'));
    copyFileSync(keyFile, project.path('tls/key.pem'));
  };
  const { project, daemon, tell } = await start({ server: https }, {}, (made) => put(old, made));
  const server = (more: string) =>
    `${more}, https: { cert: tls/cert.pem, key: tls/key.pem, port: ${daemon.httpsPort} }`;
  await tell({ server: server(', protocol: https') });
  const shown = (findings: readonly Finding[]) =>
    only(findings, 'certificate').filter(({ address }) => address !== undefined);
  expect(shown(await look(project))[0]).toMatchObject({
    severity: 'error',
    seen: expect.stringContaining('has expired on 2021-01-01'),
  });
  await daemon.after(() => put(other, project), /new certificate/);
  expect(shown(await look(project))[0]?.seen).toContain('is for other.example, and phones are told 127.0.0.1');
});

const slapd = peer('slapd', 'slapd');

test.skipIf(slapd.missing)(`finds a directory that is away (${slapd.sentence})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-doctor-'));
  const directory = await createSlapd({ folder, people: peopleLdif(2) });
  onTestFinished(async () => {
    await directory.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const ldap = `{ url: "${directory.url}", bind_dn: "${reader.dn}", password: ${reader.password}, base: "${peopleBase}" }`;
  const project = createProject(site({ http: 1, tftp: 1, sections: `people: [{ ldap: ${ldap} }]` }));
  expect(only(await look(project), 'directory')).toEqual([]);
  const into = 'extensions.ldap.yml';
  const { write } = openCursor<Answered>(project.state, 'directory-test');
  write({ into, at: Date.now() - 30 * 60_000 });
  expect(only(await look(project), 'directory')).toEqual([]);
  write({ into, at: Date.now() - 5 * 3_600_000 });
  expect(only(await look(project), 'directory')).toMatchObject([
    { severity: 'warning', seen: `"${into}": it answered 5 h ago` },
  ]);
  await directory.stop();
  expect(only(await look(project), 'directory')).toMatchObject([
    { severity: 'error', seen: expect.stringMatching(/^"extensions\.ldap\.yml": .*; it answered 5 h ago$/) },
  ]);
});

test.skipIf(smallDisks.missing)(
  `finds a disk that is nearly full, and one that is read-only (${smallDisks.sentence})`,
  async () => {
    const project = createProject(site({ http: 1, tftp: 1 }));
    const state = smallDisk();
    expect(only(await look(project, { state }), 'disk')).toMatchObject([
      { severity: 'warning', seen: expect.stringContaining('0 MiB left') },
    ]);
    remount(state, 'ro');
    expect(only(await look(project, { state }), 'state-folder')[0]).toMatchObject({
      severity: 'error',
      seen: expect.stringContaining('the file system is read-only'),
    });
  },
);

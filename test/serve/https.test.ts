import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Authority, createAuthority, type Pair } from '../support/certificates.ts';
import { type RunningDaemon, type StartOptions, startDaemon } from '../support/daemon.ts';
import { peer } from '../support/peer.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const [openssl, curl] = [peer('openssl', 'openssl'), peer('curl', 'curl')];
const names = 'DNS:phones.example.com,IP:192.0.2.1,IP:127.0.0.1';
const own = `${macOf(1)}.cfg`;

describe.skipIf(openssl.missing || curl.missing)(`HTTPS (${openssl.sentence}; ${curl.sentence})`, () => {
  let folder: string;
  let authority: Authority;
  let pair: Pair;
  let phones: Authority;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offhook-https-'));
    authority = await createAuthority(folder, '/CN=authority');
    pair = await authority.sign('/CN=first', names);
    phones = await createAuthority(folder, '/O=Acme/CN=phones');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const server = (more: string, https = '') =>
    `server: { address: 192.0.2.1, ${more}, https: { cert: tls/cert.pem, key: tls/key.pem${https} } }`;
  const site = (line = server('protocol: http'), ...sections: string[]) =>
    siteOf([{ port: 5060 }, { port: 5060 }], ['notify: { mode: off }', ...sections].join('\n')).replace(
      /^server: .*$/m,
      line,
    );

  const put = ({ path }: Project, { certFile, keyFile }: Pair) => {
    for (const [from, to] of [
      [certFile, 'cert.pem'],
      [keyFile, 'key.pem'],
    ] as const) {
      copyFileSync(from, path(`tls/${to}.new`));
      renameSync(path(`tls/${to}.new`), path(`tls/${to}`));
    }
  };
  const projectWith = (text: string): Project => {
    const project = createProject(text);
    mkdirSync(project.path('tls'));
    put(project, pair);
    copyFileSync(phones.certFile, project.path('tls/phones.pem'));
    const more = 'certificates: ["^CN=(?<mac>[0-9a-f]{12})$"]\nuploads: [{ name: "{mac}-app.log", kind: log }]\nfiles:';
    project.edit('templates/acme/vendor.yml', /^files:/m, more);
    return project;
  };
  const start = async (project: Project, options: StartOptions = {}) => {
    const daemon = await startDaemon(project, options);
    const fetchIt = async (path: string, ...more: string[]) => {
      const url = `https://127.0.0.1:${portOf(daemon)}/${path}`;
      const arguments_ = ['-sS', '--cacert', authority.certFile, '-w', '\n%{http_code}', ...more, url];
      const [, text = '', status] = /^([\s\S]*)\n(\d+)$/.exec((await run('curl', arguments_)).stdout) ?? [];
      return { text, status: Number(status) };
    };
    return { daemon, fetchIt };
  };
  /** Also of one that was begun later. */
  const portOf = ({ httpsPort, log }: RunningDaemon) =>
    httpsPort ??
    Number(
      /protocol=https .*port=(\d+)/.exec(log.findLast((line) => line.includes('serving protocol=https')) ?? '')?.[1],
    );
  const shownBy = (port: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      }).on('error', reject);
    });

  describe.each([0, 2])('with %i workers', (workers) => {
    test('serves curl, and HTTP/1.0, and says in facts and metrics that it did', async () => {
      const { daemon, fetchIt } = await start(projectWith(site()), { workers });
      expect(await fetchIt(own)).toMatchObject({ status: 200, text: expect.stringContaining('Person 1') });
      expect((await fetchIt(own, '--http1.0')).status).toBe(200);
      expect((await fetchIt('-/healthy')).status).toBe(200);
      expect((await daemon.get(`/${own}`)).status).toBe(200);
      await until('all facts', () => daemon.fetches().length === 3);
      expect(daemon.fetches().map(({ protocol }) => protocol)).toEqual(['https', 'https', 'http']);
      const { text } = await daemon.get('/-/metrics');
      const [, expires] = /^offhook_certificate_expiry_timestamp_seconds (\d+)/m.exec(text) ?? [];
      expect(Number(expires) * 1000).toBeGreaterThan(Date.now() + 86_400_000);
      expect(text).toContain('offhook_fetches_total{protocol="https",result="ok"} 2');
    });

    test('gives a phone its file by its device certificate, and nobody else', async () => {
      const text = site(
        server('protocol: https', ', client_ca: tls/phones.pem'),
        'access: { certificate: required }',
        'uploads: on',
      );
      const { daemon, fetchIt } = await start(projectWith(text), { workers });
      const by = ({ certFile, keyFile }: Pair) => ['--cert', certFile, '--key', keyFile];
      const phone = await phones.sign(`/O=Acme/CN=${macOf(1)}`);
      const other = await phones.sign(`/O=Acme/CN=${macOf(2)}`);
      const stranger = await authority.sign(`/O=Acme/CN=${macOf(1)}`);
      const late = await phones.sign(`/O=Acme/CN=${macOf(1)}`, undefined, { expired: true });
      expect(await fetchIt(own, ...by(phone))).toMatchObject({
        status: 200,
        text: expect.stringContaining('Person 1'),
      });
      expect((await fetchIt(own.toUpperCase(), ...by(phone))).status).toBe(200);
      for (const refused of [[], by(other), by(stranger), by(late)])
        expect(await fetchIt(own, ...refused)).toEqual({ status: 404, text: '' });
      expect((await daemon.get(`/${own}`)).status).toBe(404);
      const upload = ['-T', phones.certFile];
      expect((await fetchIt(`${macOf(1)}-app.log`, ...upload, ...by(other))).status).toBe(404);
      expect((await fetchIt(`${macOf(1)}-app.log`, ...upload, ...by(phone))).status).toBe(201);
      await until('all facts', () => daemon.fetches().length === 9);
      const [, , ...refusals] = daemon.fetches().map(({ refusal, reason }) => [refusal, reason]);
      expect(refusals.slice(0, 5)).toEqual([
        ['certificate', 'the client showed no certificate'],
        ['certificate', 'the certificate is another device’s'],
        ['certificate', 'nobody in `client_ca` vouches for the certificate'],
        ['certificate', 'the certificate, or one of those above it, has expired'],
        ['protocol', 'http carries no certificate, and `access` wants one'],
      ]);
      const kept = { method: 'PUT', protocol: 'https', status: 201, reason: 'kept: log' };
      expect(daemon.fetches().at(-1)).toMatchObject(kept);
    });

    test('goes on with a new certificate, without a request that fails, whichever way it comes', async () => {
      const project = projectWith(site());
      // As Kubernetes does: a link to a link to a folder, and the middle one is renamed over.
      const link = (name: string) => {
        symlinkSync(name, project.path('volume/next'));
        renameSync(project.path('volume/next'), project.path('volume/data'));
      };
      const revision = (name: string, { certFile, keyFile }: Pair) => {
        mkdirSync(project.path(`volume/${name}`), { recursive: true });
        copyFileSync(certFile, project.path(`volume/${name}/cert.pem`));
        copyFileSync(keyFile, project.path(`volume/${name}/key.pem`));
        link(name);
      };
      revision('one', pair);
      rmSync(project.path('tls'), { recursive: true });
      mkdirSync(project.path('tls'));
      for (const name of ['cert.pem', 'key.pem']) symlinkSync(`../volume/data/${name}`, project.path(`tls/${name}`));
      const { daemon } = await start(project, { workers });
      const port = portOf(daemon);
      const load = keepAsking({ port, ca: authority.cert });
      const renewed = 'HTTPS goes on with its new certificate';
      const second = await authority.sign('/CN=second', names);
      await daemon.after(() => revision('two', second), new RegExp(renewed));
      expect(await shownBy(port)).toBe('second');
      rmSync(project.path('tls'), { recursive: true });
      mkdirSync(project.path('tls'));
      const third = await authority.sign('/CN=third', names);
      await daemon.after(() => put(project, third), new RegExp(renewed));
      expect(await shownBy(port)).toBe('third');
      const { answers, failures } = await load.end();
      expect(failures).toEqual([]);
      expect(answers).toBeGreaterThan(10);
    });

    test('a session of TLS goes on, whichever worker answers', async () => {
      const { daemon } = await start(projectWith(site()), { workers });
      const open = async (session?: Buffer) => {
        const more = { ca: authority.cert, maxVersion: 'TLSv1.2', session } as const;
        const socket = connect({ port: portOf(daemon), host: '127.0.0.1', ...more });
        await once(socket, 'secureConnect');
        const [reused, next] = [socket.isSessionReused(), socket.getSession()];
        socket.destroy();
        return { reused, session: next };
      };
      const { session } = await open();
      for (let again = 0; again < 8; again++) expect((await open(session)).reused).toBe(true);
    });

    test('keeps the old certificate when the new one is broken, and says so', async () => {
      const project = projectWith(site());
      const { daemon, fetchIt } = await start(project, { workers });
      const other = await authority.sign('/CN=other', names);
      await daemon.after(
        () => copyFileSync(other.certFile, project.path('tls/cert.pem')),
        /is not that of the first cert/,
      );
      expect(await shownBy(portOf(daemon))).toBe('first');
      expect((await fetchIt(own)).status).toBe(200);
      await daemon.after(() => rmSync(project.path('tls/key.pem')), /the file "tls\/key.pem" is not there/);
      expect(await shownBy(portOf(daemon))).toBe('first');
      await daemon.after(() => put(project, other), /goes on with its new certificate/);
      expect(await shownBy(portOf(daemon))).toBe('other');
    });

    test('begins and ends with what devices.yml says, and is back at once after a restart', async () => {
      const plain = site('server: { address: 192.0.2.1 }');
      const project = projectWith(plain);
      const { daemon, fetchIt } = await start(project, { workers });
      expect(daemon.httpsPort).toBeUndefined();
      await daemon.after(() => project.write('devices.yml', site()), /serving protocol=https/);
      expect((await fetchIt(own)).status).toBe(200);
      await daemon.after(() => project.write('devices.yml', plain), /HTTPS is not served any more/);
      await expect(fetchIt(own)).rejects.toThrow(/connect/i);
      await daemon.after(() => project.write('devices.yml', site()), /serving protocol=https/);
      expect((await fetchIt(own)).status).toBe(200);
      await daemon.stop();
      project.write('devices.yml', 'broken: [');
      const again = await start(project, { workers });
      expect((await again.fetchIt(own)).status).toBe(200);
      const secret = pair.key.split('\n')[1] ?? '';
      for (const text of [...daemon.log, ...again.daemon.log, project.read('.offhook/approach')])
        expect(text).not.toContain(secret);
    });

    test('takes proxies from devices.yml as they change, on both ports', async () => {
      const project = projectWith(site());
      const { daemon, fetchIt } = await start(project, { workers });
      const forwarded = 'X-Forwarded-For: 203.0.113.7';
      const ask = async () => {
        const before = daemon.fetches().length;
        await daemon.get(`/${own}`, { headers: { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Proto': 'https' } });
        await fetchIt(own, '-H', forwarded);
        await until('two facts more', () => daemon.fetches().length === before + 2);
        return daemon
          .fetches()
          .slice(before)
          .map(({ address, protocol }) => [protocol, address]);
      };
      expect(await ask()).toEqual([
        ['http', '127.0.0.1'],
        ['https', '127.0.0.1'],
      ]);
      await daemon.after(() => project.write('devices.yml', site(server('proxies: [127.0.0.0/8]'))), /build accepted/);
      expect(await ask()).toEqual([
        ['https', '203.0.113.7'],
        ['https', '203.0.113.7'],
      ]);
      await daemon.after(() => project.write('devices.yml', site()), /build accepted/);
      expect(await ask()).toEqual([
        ['http', '127.0.0.1'],
        ['https', '127.0.0.1'],
      ]);
    });
  });

  test('serves with a certificate that has expired, and warns of it and of what else is odd', async () => {
    const project = projectWith(site(server('protocol: https, proxies: [0.0.0.0/0]', ', profile: old')));
    put(project, await authority.sign('/CN=late', 'DNS:elsewhere.example.com', { expired: true }));
    const { daemon, fetchIt } = await start(project);
    await expect(fetchIt(own)).rejects.toThrow(/expired/);
    expect((await fetchIt(own, '-k')).status).toBe(200);
    const log = daemon.log.join('');
    for (const warning of ['has expired on 2021-01-01', 'is for elsewhere.example.com; wanted', 'TLS 1.0', '0.0.0.0/0'])
      expect(log).toContain(warning);
  });

  test.each(['-tls1', '-tls1_1'])(
    'speaks %s with old phones when the profile is old, and not otherwise',
    async (version) => {
      const rsa = await authority.sign('/CN=rsa', names, { newKey: ['rsa:2048'] });
      const project = projectWith(site());
      put(project, rsa);
      const { daemon } = await start(project);
      const ask = async () => {
        const arguments_ = ['s_client', version, '-cipher', 'ALL:@SECLEVEL=0', '-quiet'];
        const client = run('openssl', [...arguments_, '-connect', `127.0.0.1:${portOf(daemon)}`]);
        client.child.stdin?.end(`GET /${own} HTTP/1.0\r\n\r\n`);
        return client.then(
          ({ stdout }) => stdout,
          () => 'no handshake',
        );
      };
      expect(await ask()).toBe('no handshake');
      const old = site(server('protocol: http', ', profile: old'));
      await daemon.after(() => project.write('devices.yml', old), /goes on with its new certificate/);
      expect(await ask()).toContain('Person 1');
    },
  );
});

interface Target {
  readonly port: number;
  readonly ca: string;
}

/** Connections, one after the other and each with two requests, until `end`. */
function keepAsking({ port, ca }: Target) {
  const [failures, asked] = [[] as unknown[], { stop: false, answers: 0 }];
  const request = `GET /${own} HTTP/1.1\r\nHost: x\r\n`;
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca, servername: '' });
      let text = '';
      socket.on('error', reject).on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => {
        if (text.match(/HTTP\/1\.1 200/g)?.length === 2) resolve();
        else reject(new Error(`answered with ${text}`));
      });
      socket.write(`${request}\r\n`);
      setTimeout(() => socket.write(`${request}Connection: close\r\n\r\n`), 20);
    });
  const client = async () => {
    while (!asked.stop && failures.length === 0)
      await ask().then(
        () => asked.answers++,
        (error) => failures.push(error),
      );
  };
  const clients = Promise.all([client(), client(), client()]);
  onTestFinished(() => {
    asked.stop = true;
  });
  return {
    async end() {
      asked.stop = true;
      await clients;
      return { answers: asked.answers, failures };
    },
  };
}

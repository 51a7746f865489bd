import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createToken, revokeToken } from '../../src/state/tokens.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { type AskOptions, ask } from './support/api.ts';

const quiet = 'notify: { mode: off }';
const sited = (...sections: string[]) => siteOf([{ port: 5060 }], [quiet, ...sections].join('\n'));
const behind = (address: string): AskOptions => ({ headers: { 'x-forwarded-for': address } });
const bearer = (token: string): AskOptions => ({ headers: { authorization: `Bearer ${token}` } });
const reboot = '/api/phones/1001/reboot';

async function started(project: Project) {
  const daemon = await startDaemon(project);
  const asked = (path: string, options?: AskOptions) => ask(daemon.httpPort, path, options);
  return { ...daemon, asked };
}

describe('without `auth`', () => {
  test('this machine may do everything, and nobody else anything', async () => {
    const project = createProject(sited('').replace('192.0.2.1 }', '192.0.2.1, proxies: [127.0.0.2] }'));
    const { asked } = await started(project);
    expect((await asked('/api/status')).status).toBe(200);
    const fromProxy = { ...behind('198.51.100.7'), from: '127.0.0.2' };
    expect(await asked('/api/status', fromProxy)).toMatchObject({
      status: 403,
      json: { success: false, error: 'Forbidden', message: expect.stringContaining('this machine alone') },
    });
    expect(await asked('/api/v1/devices', fromProxy)).toMatchObject({ status: 403, json: { code: 'not-local' } });
    expect((await asked('/api/status', { ...behind('127.0.0.1'), from: '127.0.0.2' })).status).toBe(200);
    // Phones’ files are for everybody all the same.
    expect((await asked('/020000000001.cfg', fromProxy)).status).toBe(200);
  });

  test('what comes through a proxy that is not listed is not this machine', async () => {
    const { asked } = await started(createProject(sited()));
    expect((await asked('/api/status', behind('198.51.100.7'))).status).toBe(403);
    expect((await asked('/api/status', { headers: { forwarded: 'for=198.51.100.7' } })).status).toBe(403);
    expect((await asked('/api/status', { headers: { 'x-real-ip': '198.51.100.7' } })).status).toBe(403);
  });

  test('pages of others in a browser of this machine may not ask in its name', async () => {
    const { asked, httpPort } = await started(createProject(sited('api: { cors: ["https://portal.example.com"] }')));
    const page = (origin: string, host = `127.0.0.1:${httpPort}`) => ({ method: 'POST', headers: { origin, host } });
    expect(await asked(reboot, page('https://evil.example.com'))).toMatchObject({ status: 403 });
    expect(await asked(reboot, page('null'))).toMatchObject({ status: 403 });
    expect(await asked(reboot, page('http://evil.example.com', 'evil.example.com'))).toMatchObject({
      json: { message: '"evil.example.com" is no name of this machine; wanted its address, or localhost' },
    });
    // Nobody knows where the phone is: that is found out only behind the door.
    expect((await asked(reboot, page(`http://127.0.0.1:${httpPort}`))).status).toBe(404);
    expect((await asked(reboot, page('https://portal.example.com'))).status).toBe(404);
    expect((await asked('/api/status', { headers: { host: `localhost:${httpPort}` } })).status).toBe(200);
  });

  test('`off` leaves the paths to files, and takes effect at once', async () => {
    const project = createProject(sited());
    const { asked, after: then } = await started(project);
    expect((await asked('/api/status')).status).toBe(200);
    await then(() => project.write('devices.yml', sited('api: off')), /build accepted/);
    expect(await asked('/api/status')).toMatchObject({ status: 404, text: '' });
  });

  test('nobody is answered while it is not known who may, and by what was accepted last when it is broken', async () => {
    const project = createProject(sited('api: { auth: { tokens: on } }').replace('devices:', 'devices: {'));
    const { asked, after: then } = await started(project);
    expect(await asked('/api/status')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    await then(() => project.write('devices.yml', sited('api: { auth: { tokens: on } }')), /build accepted/);
    expect((await asked('/api/status')).status).toBe(401);
    await then(() => project.write('devices.yml', sited('api: { auth: {')), /build rejected/);
    expect((await asked('/api/status')).status).toBe(401);
  });
});

describe('with tokens', () => {
  test('each role does what it may, and what was taken away is none at once', async () => {
    const project = createProject(sited('api: { auth: { tokens: on } }'));
    const { asked, log } = await started(project);
    const make = (name: string, role: 'viewer' | 'operator' | 'admin', expires?: number) =>
      createToken(project.state, { name, role, created: Date.now(), expires });
    const viewer = make('board', 'viewer');
    const operator = make('desk', 'operator');
    const admin = make('portal', 'admin');
    const none = await asked('/api/status');
    expect(none).toMatchObject({
      status: 401,
      json: { success: false, error: 'Authentication failed', message: expect.stringContaining('a token is wanted') },
    });
    expect(none.headers['www-authenticate']).toBe('Bearer realm="offhook"');
    expect((await asked('/api/status', bearer(viewer))).status).toBe(200);
    expect(await asked(reboot, { method: 'POST', ...bearer(viewer) })).toMatchObject({
      status: 403,
      json: { message: 'this takes the role operator, and token:board has viewer' },
    });
    expect((await asked(reboot, { method: 'POST', ...bearer(operator) })).status).toBe(404);
    expect((await asked('/api/v1/audits', bearer(operator))).status).toBe(403);
    expect((await asked('/api/v1/audits', bearer(admin))).status).toBe(200);
    expect(await asked('/api/status', bearer(make('old', 'admin', Date.now() - 1)))).toMatchObject({
      status: 401,
      json: { success: false, error: 'Authentication failed', message: 'Invalid or expired token' },
    });
    expect((await asked('/api/status', { headers: { authorization: 'Basic b2ZmOmhvb2s=' } })).status).toBe(401);
    expect((await asked('/api/nothing')).status).toBe(401);
    revokeToken(project.state, 'board');
    expect((await asked('/api/status', bearer(viewer))).status).toBe(401);
    expect(log.join('')).not.toContain(viewer.slice(8));
  });

  test('this machine is asked too, unless devices.yml says it need not be', async () => {
    const { asked } = await started(createProject(sited('api: { auth: { tokens: on, loopback: none } }')));
    expect((await asked('/api/status')).status).toBe(200);
    expect((await asked('/api/status', behind('198.51.100.7'))).status).toBe(401);
    expect((await asked('/api/status', bearer('offhook_wrong'))).status).toBe(401);
  });

  test('what was changed, by whom and from where is written down, refusals too', async () => {
    const project = createProject(sited('api: { auth: { tokens: on } }'));
    const { asked } = await started(project);
    const admin = createToken(project.state, { name: 'portal', role: 'admin', created: 0 });
    const viewer = createToken(project.state, { name: 'board', role: 'viewer', created: 0 });
    await asked(reboot, { method: 'POST', ...bearer(viewer) });
    const { headers } = await asked(reboot, { method: 'POST', ...bearer(admin) });
    const rows = await until('two rows', async () => {
      const { json } = await asked('/api/v1/audits', bearer(admin));
      return Number(json.items?.length) === 2 && [json.items?.[0], json.items?.[1]];
    });
    expect(rows).toMatchObject([
      { caller: 'token:portal', role: 'admin', status: 404, method: 'POST', path: reboot, target: '1001' },
      { caller: 'token:board', role: 'viewer', status: 403, address: '127.0.0.1' },
    ]);
    expect(Object(rows)[0].request).toBe(headers['x-request-id']);
  });
});

describe('with JWT', () => {
  const secret = 'a-secret-of-forty-characters-at-the-least';
  const claims = { sub: 'ada', role: 'admin' };
  const times = { iss: 'https://id.example.com', aud: 'offhook' };
  const signed = (payload: JWTPayload, { exp = '5m', key = secret, alg = 'HS256' } = {}) =>
    new SignJWT({ ...times, ...payload }).setProtectedHeader({ alg }).setExpirationTime(exp).sign(Buffer.from(key));
  const words = (more: string) =>
    `api: { auth: { tokens: off, jwt: { audience: offhook, issuer: "https://id.example.com", ${more} } } }`;

  test('signed with a secret: for us, by whom we trust, in time, and with a role', async () => {
    const { asked } = await started(createProject(sited(words(`secret: ${secret}, clock_skew: 60`))));
    const status = async (token: string) => (await asked('/api/v1/audits', bearer(token))).status;
    expect(await status(await signed(claims))).toBe(200);
    expect(await status(await signed({ ...claims, role: ['nothing', 'admin'] }))).toBe(200);
    expect(await status(await signed(claims, { exp: '30s ago' }))).toBe(200);
    expect(await status(await signed({ ...claims, role: 'viewer' }))).toBe(403);
    const none: Promise<string>[] = [
      signed(claims, { exp: '2m ago' }),
      signed(claims, { key: `${secret}!` }),
      signed(claims, { alg: 'HS512' }),
      signed({ ...claims, aud: 'somebody else' }),
      signed({ ...claims, iss: 'https://other.example.com' }),
      signed({ ...claims, role: 'king' }),
      signed({ role: 'admin' }),
      new SignJWT({ ...times, ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret)),
    ];
    for (const token of await Promise.all(none)) expect(await status(token)).toBe(401);
    const [, payload] = (await signed(claims)).split('.');
    expect(await status(`${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.x`)).toBe(401);
    // No token of our own counts here.
    expect((await asked('/api/status', bearer('a.b.c'))).status).toBe(401);
  });

  test('signed with a key of an identity provider, whose keys are kept and asked for anew when they change', async () => {
    const first = await generateKeyPair('RS256');
    const second = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(first.publicKey)), kid: 'one', alg: 'RS256' }];
    let asks = 0;
    const provider = createServer((_, response) => {
      asks++;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done));
    onTestFinished(() => void provider.close());
    const { port } = provider.address() as AddressInfo;
    const more = 'role_claim: realm_access.roles, name_claim: email, roles: { admin: [phone-admins] }';
    const { asked } = await started(createProject(sited(words(`jwks: "http://127.0.0.1:${port}/keys", ${more}`))));
    const mine = { email: 'ada@example.com', realm_access: { roles: ['phone-admins'] } };
    const tokenOf = (key: CryptoKey, kid: string, alg: string) =>
      new SignJWT({ ...times, ...mine }).setProtectedHeader({ alg, kid }).setExpirationTime('5m').sign(key);
    const good = await tokenOf(first.privateKey, 'one', 'RS256');
    expect((await asked('/api/v1/audits', bearer(good))).status).toBe(200);
    expect((await asked('/api/v1/audits', bearer(good))).status).toBe(200);
    expect(asks).toBe(1);
    const forged = await new SignJWT({ ...times, ...mine })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setExpirationTime('5m')
      .sign(Buffer.from(JSON.stringify(keys[0])));
    expect((await asked('/api/status', bearer(forged))).status).toBe(401);
    const unknown = await tokenOf(second.privateKey, 'two', 'ES256');
    expect((await asked('/api/status', bearer(unknown))).status).toBe(401);
  });

  test('says so when the keys cannot be had', async () => {
    const { asked } = await started(createProject(sited(words('jwks: "http://127.0.0.1:1/keys"'))));
    const { privateKey } = await generateKeyPair('RS256');
    const token = await new SignJWT({ ...times, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setExpirationTime('5m')
      .sign(privateKey);
    expect(await asked('/api/v1/devices', bearer(token))).toMatchObject({ status: 503, json: { code: 'no-keys' } });
  });
});

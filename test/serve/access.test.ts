import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const quiet = 'notify: { mode: off }';
const own = `/${macOf(1)}.cfg`;
const credentials = 'access: { credentials: { user: phones, password: geheim-123 } }';
const authorization = `Basic ${Buffer.from('phones:geheim-123').toString('base64')}`;
const phone = { headers: { authorization } };

const site = (...sections: string[]) => siteOf([{ port: 5060 }, { port: 5060 }], [quiet, ...sections].join('\n'));

/** A vendor of the project's with a bootstrap file. */
const withBootstrap = (project: Project): Project => {
  project.edit(
    'templates/acme/vendor.yml',
    /^files:/m,
    'bootstrap: [{ name: "{mac}.cfg", template: first.njk }]\nfiles:',
  );
  project.write('templates/acme/first.njk', 'url = {{ server.url }}/\n');
  return project;
};

describe('access', () => {
  test('is everybody’s until devices.yml says otherwise, and from the next build on whose it says', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    expect((await daemon.get(own)).status).toBe(200);
    await daemon.after(() => project.write('devices.yml', site(credentials)), /build accepted/);
    expect(await daemon.get(own)).toMatchObject({ status: 401, text: '' });
    expect(await daemon.get(`/${macOf(99)}.cfg`)).toMatchObject({ status: 401, text: '' });
    expect((await daemon.get(own, phone)).text).toContain('Person 1');
    await expect(daemon.rrq(own)).rejects.toThrow();
    await daemon.after(() => project.write('devices.yml', site()), /build accepted/);
    expect((await daemon.get(own)).status).toBe(200);
    const { text } = await daemon.get('/-/metrics');
    expect(text).toContain('offhook_refusals_total{protocol="http",refusal="challenge"} 2');
    expect(text).toContain('offhook_refusals_total{protocol="tftp",refusal="protocol"} 1');
    await until('six facts', () => daemon.fetches().length === 6);
    const reasons = daemon.fetches().map(({ reason, refusal }) => refusal && `${refusal}: ${reason}`);
    expect(reasons).toEqual([
      undefined,
      'challenge: no credentials were given yet',
      'challenge: no credentials were given yet',
      undefined,
      'protocol: tftp carries no credentials, and `access` wants some',
      undefined,
    ]);
    expect(daemon.log.join('') + JSON.stringify(daemon.fetches())).not.toContain('geheim');
  });

  test('stays what it was while devices.yml is broken, and over a restart before anything is built', async () => {
    const project = createProject(site(credentials));
    const first = await startDaemon(project);
    await first.after(() => project.write('devices.yml', 'devices: ['), /build rejected/);
    expect((await first.get(own)).status).toBe(401);
    await first.stop();
    const second = await startDaemon(project);
    expect((await second.get(own)).status).toBe(401);
    expect((await second.get(own, phone)).status).toBe(200);
    await expect(second.rrq(own)).rejects.toThrow();
    const kept = join(project.state, 'access');
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(readFileSync(kept, 'latin1')).not.toContain('geheim');
  });

  test('is nobody’s when what was kept cannot be read, until a build is accepted', async () => {
    const project = createProject(site(credentials));
    const first = await startDaemon(project);
    await first.stop();
    const kept = join(project.state, 'access');
    writeFileSync(kept, readFileSync(kept).subarray(0, -1));
    const good = project.read('devices.yml');
    project.write('devices.yml', 'devices: [');
    const second = await startDaemon(project);
    await second.said(/rules of access of the last build cannot be read/);
    expect((await second.get(own, phone)).status).toBe(404);
    await second.after(() => project.write('devices.yml', good), /build accepted/);
    expect((await second.get(own, phone)).status).toBe(200);
  });

  test('by a bootstrap token leads to the device’s own files, and ends with their first fetch, over a restart, too', async () => {
    const tokens = 'access: { token: the-own-token-0001, bootstrap_token: the-bootstrap-0001 }';
    const project = withBootstrap(createProject(site(tokens)));
    const daemon = await startDaemon(project);
    const first = `/t/the-bootstrap-0001${own}`;
    expect(await daemon.get(first)).toMatchObject({
      status: 200,
      text: 'url = http://192.0.2.1:8080/t/the-own-token-0001/\n',
    });
    expect(await daemon.rrq(first)).toBe('url = http://192.0.2.1:8080/t/the-own-token-0001/\n');
    expect((await daemon.get(own)).status).toBe(404);
    expect((await daemon.get(`/t/the-own-token-0001${own}`)).text).toContain('Person 1');
    expect((await daemon.get(first)).status).toBe(404);
    await until('five facts', () => daemon.fetches().length === 5);
    expect(daemon.fetches().at(-1)).toMatchObject({ refusal: 'spent', path: `/t/...${own}` });
    await daemon.stop();
    const again = await startDaemon(project);
    expect((await again.get(first)).status).toBe(404);
    expect((await again.get(`/t/the-bootstrap-0001/${macOf(2)}.cfg`)).status).toBe(200);
    const said = [daemon, again].flatMap(({ log, fetches }) => [log.join(''), JSON.stringify(fetches())]).join('');
    expect(said).not.toMatch(/the-own-token|the-bootstrap/);
    for (const name of ['spent-tokens', 'access'])
      expect(readFileSync(join(project.state, name), 'latin1')).not.toMatch(/the-own-token|the-bootstrap/);
  });

  test('gives who comes without any proof a file that says where to go, and holds no secret', async () => {
    const asked = 'access: { unauthenticated: bootstrap, credentials: { user: phones, password: geheim-123 } }';
    const project = withBootstrap(createProject(site(asked)));
    const daemon = await startDaemon(project);
    const first = await daemon.rrq(own);
    expect(first).toBe('url = http://192.0.2.1:8080/\n');
    await expect(daemon.rrq('/acme.cfg')).rejects.toThrow();
    expect((await daemon.get(own)).status).toBe(401);
    const { pathname } = new URL(/url = (\S+)/.exec(first)?.[1] ?? '');
    expect((await daemon.get(`${pathname}${own.slice(1)}`, phone)).text).toContain('secret-of-1001');
    await until('a bootstrap in the journal', () => daemon.fetches().some(({ file }) => file?.includes('(bootstrap)')));
  });

  test('is refused to who guesses, on both protocols', async () => {
    const project = createProject(site('access: { guessing: { per_minute: 3, slow_ms: 0 } }'));
    const daemon = await startDaemon(project);
    for (let number = 100; number < 107; number++) await daemon.get(`/${macOf(number)}.cfg`, { from: '127.0.0.9' });
    expect((await daemon.get(own, { from: '127.0.0.9' })).status).toBe(404);
    await expect(daemon.rrq(own, '127.0.0.9')).rejects.toThrow();
    expect((await daemon.get(own)).status).toBe(200);
    await daemon.said(/refused for guessing who=127\.0\.0\.9/);
    expect((await daemon.get('/-/metrics')).text).toContain('offhook_blocked_addresses 1');
  });
});

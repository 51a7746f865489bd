import { existsSync, readdirSync, unlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { build } from '../../src/commands/build.ts';
import { manifestOf, publicKeyOf } from '../../src/commands/signing.ts';
import { type VerifyArguments, verify } from '../../src/commands/verify.ts';
import { recordedConsole } from '../support/console.ts';
import { createProject, type Project, shipped, siteOf } from '../support/project.ts';

// Keys of these tests and of nothing else, made by minisign; the second is locked with the password `pw`, and little work.
const secretText =
  'x\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9X4IkXmSmsrFdILg2XKWBZi/iLb/+dWquwdakQt0il29yVsuE6uQQJl3p6pjos3zTjXiTB1gn7ZcZyHBrtIxLsjb3yuGjdyiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n';
const publicText = 'RWT1fgiReZKaypl3p6pjos3zTjXiTB1gn7ZcZyHBrtIxLsjb3yuGjdyi';
const lockedText =
  'x\nRWRTY0IyGujmD6v4vr3/+svh8AQrilRgVUKDSxU/EgDWqSF9jh0AABAAAAAAAAAAAAIAAAAApkW5pEnjdo9I108ogzulucPqkvULxEadAMv6Edx0ft/gJv2xa9jI1736yKSZ7JNthlk2ZPx8TH9gLoeRO/PH8++S1f+g8K4yY26ujQUPf/0Cp0CPE7BQsPphjLCrjxDXdRN0ad64xsY=\n';

const site = siteOf([{ port: 5060 }, { port: 5060 }]);
const wanted = { manifest: true };

function projectWithKeys(): Project {
  return createProject(site, { 'sign.key': secretText, 'locked.key': lockedText, password: 'pw\n' });
}

async function runBuild({ dir, out, state }: Project, manifest?: Awaited<ReturnType<typeof manifestOf>>) {
  const console = recordedConsole();
  const code = await build({ dir, out, state, shipped, manifest }, console);
  return { code, out: console.stdout(), err: console.stderr() };
}

async function runVerify(project: Project, options: Partial<VerifyArguments> = {}) {
  const console = recordedConsole();
  const dir = project.out;
  const code = await verify({ dir, format: 'text', allowAdditional: false, ...options }, console);
  return { code, out: console.stdout(), err: console.stderr().replaceAll(dir, 'out') };
}

describe('build', () => {
  test('writes a manifest when it is asked to, and what it wrote verifies', async () => {
    const project = projectWithKeys();
    expect((await runBuild(project)).code).toBe(0);
    expect(existsSync(project.path('out/manifest.json'))).toBe(false);
    expect((await runBuild(project, await manifestOf(wanted, {}))).code).toBe(0);
    const files = JSON.parse(project.outText('manifest.json')).files;
    expect(files.map(({ path }: { path: string }) => path)).toEqual(
      readdirSync(project.out).filter((name) => name !== 'manifest.json'),
    );
    expect(files[0]).toMatchObject({ device: '020000000001', revision: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(await runVerify(project)).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^out: \d files, all as the manifest says; not signed\n$/),
    });
  });

  test('without being asked takes a manifest away that no longer holds, and says so', async () => {
    const project = projectWithKeys();
    await runBuild(project, {});
    expect(await runBuild(project)).toMatchObject({ code: 0, err: '' });
    expect(existsSync(project.path('out/manifest.json'))).toBe(true);
    project.edit('devices.yml', 'Person 1', 'Somebody');
    expect(await runBuild(project)).toMatchObject({ code: 0, err: expect.stringContaining('manifest.json no longer') });
    expect(existsSync(project.path('out/manifest.json'))).toBe(false);
  });

  test('that is rejected leaves the manifest as it is', async () => {
    const project = projectWithKeys();
    await runBuild(project, {});
    const before = project.outText('manifest.json');
    project.edit('devices.yml', 'model: a1', 'model: a9');
    expect((await runBuild(project, {})).code).toBe(1);
    expect(project.outText('manifest.json')).toBe(before);
  });

  test('signs it with a key, a locked one with the password of the environment or of a file', async () => {
    const project = projectWithKeys();
    const signKey = project.path('locked.key');
    await runBuild(project, await manifestOf({ manifest: false, signKey: project.path('sign.key') }, {}));
    expect(await runVerify(project, { key: publicKeyOf(publicText) })).toMatchObject({ code: 0 });
    await runBuild(project, await manifestOf({ ...wanted, signKey }, { OFFHOOK_SIGN_PASSWORD: 'pw' }));
    expect(await runVerify(project, { key: publicKeyOf(publicText) })).toMatchObject({
      code: 1,
      err: expect.stringContaining('it is signed with another key'),
    });
    const signPasswordFile = project.path('password');
    expect(await manifestOf({ ...wanted, signKey, signPasswordFile }, {})).toHaveProperty('key');
    await expect(manifestOf({ ...wanted, signKey }, {})).rejects.toThrow(/none is given \(OFFHOOK_SIGN_PASSWORD, or/);
    await expect(manifestOf({ ...wanted, signKey }, { OFFHOOK_SIGN_PASSWORD: 'x' })).rejects.toThrow(/does not open/);
    await expect(manifestOf({ ...wanted, signKey: '/no/such' }, {})).rejects.toThrow(/secret key cannot be read/);
  });
});

describe('verify', () => {
  test('lists what is not as it should be, and ends with 1', async () => {
    const project = projectWithKeys();
    await runBuild(project, await manifestOf({ ...wanted, signKey: project.path('sign.key') }, {}));
    const [first = '', second = ''] = readdirSync(project.out);
    unlinkSync(project.path(`out/${first}`));
    project.edit(`out/${second}`, 'Person', 'person');
    project.write('out/ring\x1b.wav', 'x');
    const key = publicKeyOf(publicText);
    const { code, out, err } = await runVerify(project, { key });
    expect(code).toBe(1);
    expect(out).toBe(`missing     ${first}\nchanged     ${second}: other bytes\nadditional  ring\\u001b.wav\n`);
    expect(err).toMatch(
      /^out: \d files, 1 missing, 1 changed, 1 additional; signed \(timestamp:\d+ file:.*\): not whole/,
    );
    const json = await runVerify(project, { key, format: 'json' });
    expect(JSON.parse(json.out)).toMatchObject({ whole: false, signature: 'verified', missing: [first] });
  });

  test('takes additional files for none of its business when it is told so', async () => {
    const project = projectWithKeys();
    await runBuild(project, {});
    project.write('out/ring.wav', 'x');
    expect((await runVerify(project)).code).toBe(1);
    expect((await runVerify(project, { allowAdditional: true })).code).toBe(0);
  });

  test('says in a sentence what is wrong with the manifest itself', async () => {
    const project = projectWithKeys();
    await runBuild(project, {});
    expect(await runVerify(project, { key: publicKeyOf(publicText) })).toMatchObject({
      code: 1,
      err: 'out: manifest.json is not signed: manifest.json.minisig is missing\n',
    });
    project.write('out/manifest.json', '{"version":7}');
    expect(JSON.parse((await runVerify(project, { format: 'json' })).out)).toEqual({
      whole: false,
      reason: 'manifest.json: it is of version 7; this offhook knows version 1',
    });
  });

  test('takes a public key by its text or its file, and nothing else', () => {
    const project = createProject(site, { 'key.pub': `untrusted comment: x\n${publicText}\n` });
    expect(publicKeyOf(project.path('key.pub'))?.id).toEqual(publicKeyOf(publicText)?.id);
    expect(publicKeyOf(undefined)).toBeUndefined();
    expect(() => publicKeyOf('hello')).toThrow(/--public-key hello: this is no public key of minisign/);
  });
});

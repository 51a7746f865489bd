import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { endOf } from '../../src/commands/token.ts';
import { openTokens } from '../../src/state/tokens.ts';
import { offhook } from '../support/offhook.ts';

let state = '';
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  state = join(folder, 'state');
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const run = (...words: string[]) => offhook(['token', ...words, '--state', state]);

describe('offhook token', () => {
  test('makes one that is shown once, and whose text is nowhere on the disk', async () => {
    const { code, out, err } = await run('create', '--role', 'operator', '--name', 'portal', '--expires', '1d');
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('shown this once') });
    expect(out).toMatch(/^offhook_[A-Za-z0-9_-]{43}\n$/);
    const folder = join(state, 'api-tokens');
    expect(readdirSync(folder)).toEqual(['portal.json']);
    const path = join(folder, 'portal.json');
    expect(readFileSync(path, 'utf8')).not.toContain(out.trim().slice(8));
    expect([statSync(folder).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o600]);
    const tokens = openTokens(state);
    expect(tokens.find(out.trim(), Date.now())).toMatchObject({ name: 'portal', role: 'operator' });
    expect(tokens.find(`${out.trim()}x`, Date.now())).toBeUndefined();
    expect(tokens.find(out.trim(), Date.now() + 86_400_000)).toBeUndefined();
  });

  test('refuses a second one of a name, lists them, and takes one away', async () => {
    const made = await run('create', '--role', 'viewer', '--name', 'board', '--expires', 'never');
    const tokens = openTokens(state);
    expect(tokens.find(made.out.trim(), Date.now())).toMatchObject({ name: 'board' });
    expect(await run('create', '--role', 'admin', '--name', 'board')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is a token board; wanted another name'),
    });
    const listed = await run('list', '--format', 'json');
    expect(JSON.parse(listed.out)).toEqual([
      { name: 'board', role: 'viewer', created: expect.stringMatching(/Z$/), expires: null },
    ]);
    expect((await run('list')).out).toMatch(/^name +role +created +expires\nboard +viewer +\S+ +never\n$/);
    expect(await run('revoke', 'board')).toMatchObject({ code: 0 });
    expect(tokens.find(made.out.trim(), Date.now())).toBeUndefined();
    expect(await run('revoke', '../board')).toMatchObject({ code: 1, err: expect.stringContaining('there are none') });
  });

  test('leaves out what is no token, and takes no name that is no name', async () => {
    await run('create', '--role', 'viewer', '--name', 'board');
    for (const text of ['', '{', '[]', 'null', '{"hash":"00","role":"admin","created":0}'])
      writeFileSync(join(state, 'api-tokens', 'broken.json'), text);
    expect(JSON.parse((await run('list', '--format', 'json')).out)).toHaveLength(1);
    for (const name of ['../up', '.hidden', 'a b', 'x'.repeat(65)])
      expect((await run('create', '--role', 'viewer', '--name', name)).code).toBe(1);
  });

  test('reads when one is over', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(endOf('90d', now)).toBe(now + 90 * 86_400_000);
    expect(endOf('12h', now)).toBe(now + 12 * 3_600_000);
    expect(endOf('2026-06-30', now)).toBe(Date.parse('2026-06-30'));
    expect(endOf('never', now)).toBeUndefined();
    for (const text of ['', '0d', '90', '90 d', '2020-01-01', 'soon', '-1d'])
      expect(() => endOf(text, now), text).toThrow('wanted a time to come');
  });
});

test('where no token can be kept, a sentence says why', async () => {
  const { code, out, err } = await offhook([
    'token',
    'create',
    '--role',
    'viewer',
    '--name',
    'x',
    '--state',
    '/dev/null',
  ]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(
    /^offhook: no token can be kept in \/dev\/null\/api-tokens: what stands above it is a file \(ENOTDIR/,
  );
});

test('a state folder that cannot be looked into is not one without tokens, or without a journal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-token-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, 'state');
  symlinkSync(state, state);
  const lines = [['token', 'list'], ['status'], ['unknown']];
  const [list, ...others] = await Promise.all(lines.map((words) => offhook([...words, '--state', state])));
  expect(list).toMatchObject({ code: 1, out: '' });
  expect(list?.err).toMatch(/^offhook: the tokens in \S+ cannot be read: ELOOP/);
  for (const { code, out, err } of others) {
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^offhook: \S+\.db cannot be read: ELOOP/);
  }
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { commitFile, pushBranch, type Repository, repositoryOf, uncommitted } from '../../src/source/git-write.ts';
import { addHook, addRemote, commitAll, type GitFolder } from '../support/git-project.ts';

let folder: GitFolder;
let repository: Repository;
const path = '-a b,ü.yml';
const write = (name: string, text: string) => writeFileSync(join(folder.dir, name), text);
const commit = (author = 'token:portal') => commitFile({ repository, path, author, subject: '# -m "x" $(id)' });

beforeEach(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-git-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of [path, 'other.yml', 'staged.yml']) writeFileSync(join(dir, name), 'one\n');
  folder = commitAll(dir);
  repository = (await repositoryOf(dir))!;
});

describe('a file', () => {
  test('is committed in the name of whoever asked, and nothing else that is staged or changed', async () => {
    write('staged.yml', 'staged\n');
    folder.git('add', 'staged.yml');
    write('other.yml', 'changed\n');
    write('new.yml', 'new\n');
    write(path, 'two\n');
    const made = await commit('jwt:ada@example.com');
    expect(folder.git('rev-parse', 'HEAD')).toBe(made);
    expect(folder.git('-c', 'core.quotePath=false', 'show', '--format=%an|%ae|%cn', '--name-only', made)).toBe(
      `jwt:ada@example.com|ada@example.com|offhook\n\n${path}`,
    );
    expect(folder.git('status', '--porcelain')).toBe(' M other.yml\nM  staged.yml\n?? new.yml');
  });

  test('is committed where no branch is checked out', async () => {
    folder.git('checkout', '--quiet', '--detach');
    write(path, 'two\n');
    const made = await commit();
    expect(folder.git('rev-parse', 'HEAD')).toBe(made);
    expect(folder.git('rev-parse', 'main')).not.toBe(made);
  });

  test('is committed from a folder of the repository', async () => {
    mkdirSync(join(folder.dir, 'site'));
    write('site/devices.yml', 'one\n');
    folder.git('add', 'site');
    folder.git('commit', '--quiet', '-m', 'site');
    write('site/devices.yml', 'two\n');
    const inSite = (await repositoryOf(join(folder.dir, 'site')))!;
    expect(await uncommitted(inSite, 'devices.yml')).toBe('it has changes that are not committed');
    const made = await commitFile({ repository: inSite, path: 'devices.yml', author: 'local', subject: 'x' });
    expect(folder.git('show', `${made}:site/devices.yml`)).toBe('two');
  });

  test('is not committed where a hook refuses it, and the hook is heard', async () => {
    addHook(folder, 'pre-commit', 'echo "no commits on Sundays" >&2; exit 1');
    write(path, 'two\n');
    const head = folder.git('rev-parse', 'HEAD');
    await expect(commit()).rejects.toThrow('git did not commit it: no commits on Sundays');
    expect(folder.git('rev-parse', 'HEAD')).toBe(head);
  });

  test('is committed in the name of nobody else, whatever a name has in it', async () => {
    write(path, 'two\n');
    await commit('x> <root@example.com>\nSigned-off-by: --amend');
    expect(folder.git('log', '-1', '--format=%an')).toBe('x root@example.comSigned-off-by: --amend');
    expect(folder.git('rev-list', '--count', 'HEAD')).toBe('2');
  });

  test('is committed with hooks that see no password of the environment', async () => {
    addHook(folder, 'pre-commit', 'env > seen.txt');
    process.env.EXT_1001 = 'a-password';
    onTestFinished(() => void delete process.env.EXT_1001);
    write(path, 'two\n');
    await commit();
    const seen = readFileSync(join(folder.dir, 'seen.txt'), 'utf8');
    expect(seen).toContain('PATH=');
    expect(seen).not.toContain('a-password');
  });

  test('is committed also when a hook that comes afterwards does not end, and nobody waits for it', async () => {
    addHook(folder, 'post-commit', 'sleep 3600');
    write(path, 'two\n');
    const made = await commitFile({ repository, path, author: 'local', subject: 'x', timeout: 5000 });
    expect(folder.git('show', `${made}:${path}`)).toBe('two');
  });

  test('is not committed where a hook does not end', async () => {
    addHook(folder, 'pre-commit', 'echo waiting >&2; sleep 3600');
    write(path, 'two\n');
    const head = folder.git('rev-parse', 'HEAD');
    const made = commitFile({ repository, path, author: 'local', subject: 'x', timeout: 1000 });
    await expect(made).rejects.toThrow('git did not commit it: it took too long (waiting)');
    expect(folder.git('rev-parse', 'HEAD')).toBe(head);
  });

  test.each<[how: string, act: () => void, reason: string | undefined]>([
    ['as HEAD has it', () => {}, undefined],
    ['changed', () => write(path, 'two\n'), 'it has changes that are not committed'],
    [
      'staged, and changed back',
      () => {
        write(path, 'two\n');
        folder.git('add', '--', path);
        write(path, 'one\n');
      },
      'it has changes that are not committed',
    ],
    [
      'not kept by git',
      () => void folder.git('rm', '--quiet', '--cached', '--', path),
      'git does not keep it: it was never committed',
    ],
  ])('that is %s is known as such', async (_, act, reason) => {
    act();
    expect(await uncommitted(repository, path)).toBe(reason);
  });
});

describe('a branch', () => {
  const push = (more: { remote?: string } = {}) =>
    pushBranch({
      ...{ repository, path, author: 'local', subject: 'x', before: Buffer.from('one\n'), bytes: Buffer.from('two\n') },
      ...{ branch: 'offhook/x' },
      ...{ remote: 'origin', ...more },
    });

  test('is pushed with the change of one file on top of HEAD, and nothing here is touched', async () => {
    const remote = addRemote(folder);
    write('staged.yml', 'staged\n');
    folder.git('add', 'staged.yml');
    write('other.yml', 'changed\n');
    const before = [folder.git('status', '--porcelain'), folder.git('for-each-ref', 'refs/heads')];
    const commit = await push();
    expect(remote.git('rev-parse', 'offhook/x')).toBe(commit);
    expect(remote.git('rev-parse', 'offhook/x^')).toBe(folder.git('rev-parse', 'HEAD'));
    expect(remote.git('-c', 'core.quotePath=false', 'diff', '--name-only', 'main', 'offhook/x')).toBe(path);
    expect(remote.git('show', `offhook/x:${path}`)).toBe('two');
    expect([folder.git('status', '--porcelain'), folder.git('for-each-ref', 'refs/heads')]).toEqual(before);
    expect(readFileSync(join(folder.dir, path), 'utf8')).toBe('one\n');
  });

  test('is not there where its remote refuses it, and the remote is heard', async () => {
    const remote = addRemote(folder);
    addHook({ ...remote, dir: remote.dir }, '../../hooks/pre-receive', 'echo "protected"; exit 1');
    await expect(push()).rejects.toThrow(/git cannot make the branch: .*protected/);
    expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  test('is not made where HEAD has another text by now', async () => {
    const remote = addRemote(folder);
    write(path, 'three\n');
    folder.git('commit', '--quiet', '-am', 'another');
    expect(await push()).toBeUndefined();
    expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  test('goes to no remote that nobody has named', async () => {
    await expect(push()).rejects.toThrow("git cannot make the branch: No such remote 'origin'");
    await expect(push({ remote: '--upload-pack=touch x' })).rejects.toThrow(/No such remote/);
  });
});

import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

/** A folder under git, and what is asked of it there. */
export interface GitFolder {
  readonly dir: string;
  /** What git prints, without the line break at its end. */
  git(...args: readonly string[]): string;
  /** The same, while other things go on. */
  run(...args: readonly string[]): Promise<unknown>;
}

/** Nothing of whoever runs the test. */
const clean = () => {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return { ...Object.fromEntries(env), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', ...person };
};
const person = {
  ...{ GIT_AUTHOR_NAME: 'Person', GIT_AUTHOR_EMAIL: 'person@example.com' },
  ...{ GIT_COMMITTER_NAME: 'Person', GIT_COMMITTER_EMAIL: 'person@example.com' },
};

export const gitFolder = (dir: string): GitFolder => ({
  dir,
  run: (...args) => promisify(execFile)('git', ['-C', dir, ...args], { env: clean() }),
  git: (...args) =>
    execFileSync('git', ['-C', dir, ...args], {
      env: clean(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).replace(/\n$/, ''),
});

/** Makes a repository of a folder, with everything in it committed. */
export function commitAll(dir: string): GitFolder {
  const folder = gitFolder(dir);
  folder.git('init', '--quiet', '--initial-branch=main');
  folder.git('add', '--all');
  folder.git('commit', '--quiet', '-m', 'first');
  return folder;
}

/** An empty bare repository, as servers have them, which is `origin` of the folder from now on, and has what that has. */
export function addRemote({ git }: GitFolder): GitFolder {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-remote-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const remote = gitFolder(dir);
  remote.git('init', '--quiet', '--bare', '--initial-branch=main');
  git('remote', 'add', 'origin', dir);
  git('push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  return remote;
}

export function addHook({ dir }: GitFolder, name: string, script: string): void {
  const path = join(dir, '.git', 'hooks', name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

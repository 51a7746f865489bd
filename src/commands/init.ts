import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Console } from './command.ts';

export interface InitArguments {
  readonly dir: string;
  /** Folder of the files that are laid out. */
  readonly starter: string;
  readonly ci: 'github' | 'gitlab';
}

const workflow = {
  github: { from: 'github-workflow.yml', to: '.github/workflows/offhook.yml' },
  gitlab: { from: 'gitlab-ci.yml', to: '.gitlab-ci.yml' },
} as const;

/** Writes a small project with its CI into a folder; what is there already stays as it is. */
export async function init({ dir, starter, ci }: InitArguments, console: Console): Promise<number> {
  const files = [{ from: 'devices.yml', to: 'devices.yml' }, { from: 'gitignore', to: '.gitignore' }, workflow[ci]];
  for (const { from, to } of files) {
    const there = existsSync(join(dir, to));
    mkdirSync(dirname(join(dir, to)), { recursive: true });
    if (!there) copyFileSync(join(starter, from), join(dir, to));
    console.out(`${there ? 'kept   ' : 'written'} ${join(dir, to)}\n`);
  }
  const missing = notIgnored(dir);
  if (missing.length > 0)
    console.out(`\nadd ${missing.join(', ')} to .gitignore: they hold passwords, or what decrypts them\n`);
  console.out('\nNext: put your addresses, people and phones into devices.yml, set the passwords that it refers to\n');
  console.out(
    '(export EXT_1001=...), then run `offhook check` and `offhook serve`. `offhook setup` asks for all that instead.\n',
  );
  return 0;
}

/** What is secret, and a .gitignore of the user's own lacks. */
export function notIgnored(dir: string): string[] {
  const bare = (entry: string) => entry.trim().replace(/^\/|\/$/g, '');
  const lines = new Set(readFileSync(join(dir, '.gitignore'), 'utf8').split('\n').map(bare));
  return ['/out/', '/.offhook/', '/.age-identity'].filter((entry) => !lines.has(bare(entry)));
}

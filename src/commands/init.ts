import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Console } from './command.ts';

export interface InitArguments {
  readonly dir: string;
  /** Folder of the files that are laid out. */
  readonly starter: string;
  readonly ci: 'github' | 'gitlab';
}

/** Writes a small project with its CI into a folder; what is there already stays as it is. */
export async function init({ dir, starter, ci }: InitArguments, console: Console): Promise<number> {
  const workflow = {
    github: ['github-workflow.yml', '.github/workflows/offhook.yml'],
    gitlab: ['gitlab-ci.yml', '.gitlab-ci.yml'],
  } as const;
  for (const [from, to] of [['devices.yml', 'devices.yml'], ['gitignore', '.gitignore'], workflow[ci]] as const) {
    const there = existsSync(join(dir, to));
    mkdirSync(dirname(join(dir, to)), { recursive: true });
    if (!there) copyFileSync(join(starter, from), join(dir, to));
    console.out(`${there ? 'kept   ' : 'written'} ${to}\n`);
  }
  console.out(
    '\nNext: put your addresses, people and phones into devices.yml, then run `offhook check` and `offhook serve`.\n',
  );
  return 0;
}

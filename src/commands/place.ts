import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mainFile } from '../source/project.ts';
import type { Place } from './command.ts';

/** Folders as the command line or the environment name them; relative ones start at the working folder. */
export interface PlaceArguments {
  readonly project?: string;
  readonly out?: string;
  readonly state?: string;
  readonly ageIdentity?: string;
}

/** `OFFHOOK_PROJECT`, `OFFHOOK_OUT`, `OFFHOOK_STATE` and `OFFHOOK_AGE_IDENTITY` stand in for options that are not given; an empty one is none. */
export function placeOf(
  { project, out, state, ageIdentity }: PlaceArguments,
  shipped: Place['shipped'],
  env: Readonly<Record<string, string | undefined>>,
): Place {
  const dir = resolve(project || env.OFFHOOK_PROJECT || '.');
  const identity = ageIdentity || env.OFFHOOK_AGE_IDENTITY;
  return {
    dir,
    out: resolve(out || env.OFFHOOK_OUT || join(dir, 'out')),
    state: resolve(state || env.OFFHOOK_STATE || join(dir, '.offhook')),
    shipped,
    ...(identity && { ageIdentity: resolve(identity) }),
  };
}

/** @throws Error with a sentence when there is no such folder, or (`withFile`) no devices.yml in it */
export function demandProject({ dir }: Pick<Place, 'dir'>, { withFile }: { withFile: boolean }): void {
  const stat = statSync(dir, { throwIfNoEntry: false });
  if (!stat) throw new Error(`there is no folder ${dir}; wanted the one with ${mainFile} in it (--project DIR)`);
  if (!stat.isDirectory())
    throw new Error(`${dir} is no folder; wanted the one with ${mainFile} in it (--project DIR)`);
  if (withFile && !existsSync(join(dir, mainFile)))
    throw new Error(
      `there is no ${mainFile} in ${dir}; wanted the folder of a project (--project DIR), or \`offhook init\` to begin one`,
    );
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Sources } from '../model/sources.ts';
import { DirectoryFailure } from '../source/people/ldap/failure.ts';
import { createProjectReader } from '../source/project.ts';
import { intoOf, keptMemory, ldapSources, type Synced, type SyncOptions, syncDirectory } from '../sync-directory.ts';
import type { Console, Place } from './command.ts';
import { formatSync, type SyncFormat } from './format-sync.ts';
import { demandProject } from './place.ts';
import { wouldChange } from './sync-preview.ts';

export interface SyncArguments extends Place {
  readonly format: SyncFormat;
  /** Says what would change, and writes nothing. */
  readonly dryRun: boolean;
  /** One try; otherwise a directory that is away is tried three times. */
  readonly once: boolean;
  readonly accept: boolean;
  readonly full: boolean;
  readonly ageIdentity?: string;
}

/** How often a directory that is away is tried, and the first of the pauses in between (ms). */
const patience = { tries: 3, pause: 1000 };

/**
 * Asks the directories of a project and writes their files. 0: done; 1: a directory is away, or the sync was refused.
 * With `dryRun` 0: nothing would change; 2: something; 1 as before, or the project would have faults.
 */
export async function sync(args: SyncArguments, console: Console): Promise<number> {
  demandProject(args, { withFile: true });
  const { dir, shipped, state, ageIdentity, format, dryRun } = args;
  const sources = await createProjectReader({ dir, shipped, ageIdentity }).read();
  const directories = ldapSources(sources);
  if (directories.length === 0) throw new Error(`no source of people is a directory; ${wanted(sources)}`);
  const done: Synced[] = [];
  let failed = false;
  for (const source of directories) {
    const options = { ...args, source, secret: sources.secret, memory: keptMemory(state, source) };
    try {
      done.push(await patiently(options, args.once ? 1 : patience.tries));
    } catch (error) {
      failed = true;
      console.err(`offhook: ${intoOf(source)} stays as it is: ${(error as Error).message}\n`);
    }
  }
  const devices = dryRun ? await wouldChange(args, done) : undefined;
  console.out(formatSync({ done, devices, dryRun }, format));
  const isFaulty = failed || done.some(({ refusal }) => refusal !== undefined) || (devices?.faults.length ?? 0) > 0;
  if (isFaulty) return 1;
  return dryRun && done.some(({ text }) => text !== undefined) ? 2 : 0;
}

const wanted = ({ problems }: Sources): string =>
  problems.length > 0
    ? 'devices.yml has faults: see `offhook check`'
    : 'wanted `people: [{ ldap: { url, base, bind_dn, password } }]` in devices.yml';

/** What is said of a password or a filter does not get better by waiting. */
async function patiently(options: SyncOptions, tries: number): Promise<Synced> {
  for (let tried = 1; ; tried++) {
    try {
      return await syncDirectory(options);
    } catch (error) {
      const isAway = error instanceof DirectoryFailure && error.code === undefined;
      if (!isAway || tried >= tries) throw error;
      await sleep(patience.pause * 2 ** (tried - 1) * (0.5 + Math.random()));
    }
  }
}

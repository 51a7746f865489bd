import { hash } from 'node:crypto';
import { existsSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../test/support/random.ts';
import { launch, type Starting } from './daemon.ts';
import { createFindings, type Findings, type Outcome } from './outcome.ts';
import { fetch } from './phone.ts';
import { createTwoRenders, hashesIn, type TwoRenders, type Version } from './two-renders.ts';

const sentence = 'a kill in the middle of a build leaves out/ whole';

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly devices?: number;
  readonly workers?: number;
  /** After every so many kills a build is let through to its end. */
  readonly whole?: number;
  /** Nobody is killed after it, in milliseconds of `performance.now`. */
  readonly until?: number;
}

/**
 * Changes every device, starts the daemon, and kills it at a random moment of its build: half of the times at any moment
 * of the start, half of them while it puts files into place. Then every file must be the old render or the new one, on
 * disk and as the next start serves it at once; after a whole build there is nothing but the new one.
 */
export async function aKillInMidBuildLeavesOutWhole(options: KillOptions): Promise<Outcome> {
  const { kills, seed, devices = 2000, workers = 0, whole = 4, until = Number.POSITIVE_INFINITY } = options;
  const findings = createFindings();
  const random = createRandom(seed);
  using renders = createTwoRenders(devices);
  const figures = {
    kills: 0,
    'while files were put into place': 0,
    'in a mixture of both renders': 0,
    'files checked': 0,
    'good transfers': 0,
  };
  let version: Version = 'old';
  const run: Run = { renders, findings, random, workers, times: await finish({ renders, findings, workers }, version) };
  for (let kill = 1; kill <= kills && performance.now() < until; kill++) {
    version = version === 'old' ? 'new' : 'old';
    renders.write(version);
    const starting = launch({ dir: renders.dir, workers });
    figures['good transfers'] += await serveAtOnce(starting, run);
    const when = kill % 2 === 0 ? duringCommit(starting, run) : sleep(random() * run.times.build);
    await Promise.race([when, starting.built.catch(() => {})]);
    if (existsSync(join(renders.out, staging))) figures['while files were put into place']++;
    starting.signal('SIGKILL');
    const how = await starting.end;
    if (how !== 'SIGKILL') findings.violate(`the daemon ended by itself (${how}): ${starting.log.tail()}`);
    figures.kills++;
    figures['in a mixture of both renders'] += checkWhole(run, kill);
    figures['files checked'] += renders.files.old.size;
    if (kill % whole === 0 || kill === kills) await finish(run, version);
  }
  return findings.outcome(sentence, figures);
}

const staging = '.offhook-staging';

interface Run {
  readonly renders: TwoRenders;
  readonly findings: Findings;
  readonly random: () => number;
  readonly workers: number;
  /** Milliseconds from when it listens to the end of a build that changes everything. */
  readonly times: { readonly build: number };
}

/** Lets a build through to its end, which leaves the files of this version and nothing else. */
async function finish(on: Pick<Run, 'renders' | 'findings' | 'workers'>, version: Version): Promise<{ build: number }> {
  const { renders, findings, workers } = on;
  renders.write(version);
  const starting = launch({ dir: renders.dir, workers });
  const began = performance.now();
  await starting.built;
  const build = performance.now() - began;
  starting.signal('SIGTERM');
  const how = await starting.end;
  if (how !== '0') findings.violate(`after a whole build the daemon ended with ${how}: ${starting.log.tail()}`);
  const there = hashesIn(renders.out);
  for (const [name, wanted] of renders.files[version])
    if (there.get(name) !== wanted) findings.violate(`after a whole build ${name} is not of the ${version} render`);
  for (const name of readdirSync(renders.out))
    if (!renders.files[version].has(name)) findings.violate(`after a whole build ${name} is left over`);
  return { build };
}

/** While files are put into place: some time after the first of them was written aside. */
async function duringCommit(_starting: Starting, { renders, random }: Run): Promise<void> {
  const folder = join(renders.out, staging);
  const watcher = watch(renders.out);
  try {
    const { promise: began, resolve } = Promise.withResolvers<void>();
    watcher.on('change', () => existsSync(folder) && resolve());
    await began;
    await sleep(random() * 500);
  } finally {
    watcher.close();
  }
}

/** Every file is one of both renders, none is missing, none is there besides. Gives 1 when there are some of each. */
function checkWhole({ renders, findings }: Run, kill: number): number {
  const there = hashesIn(renders.out);
  const counts = { old: 0, new: 0 };
  for (const [name, found] of there) {
    if (found === renders.files.old.get(name)) counts.old++;
    if (found === renders.files.new.get(name)) counts.new++;
    if (found !== renders.files.old.get(name) && found !== renders.files.new.get(name))
      findings.violate(`kill ${kill}: ${name} is neither the old render nor the new one`);
  }
  for (const name of renders.files.old.keys()) if (!there.has(name)) findings.violate(`kill ${kill}: ${name} is gone`);
  const changed = [...renders.files.old].filter(([name, old]) => renders.files.new.get(name) !== old).length;
  const same = renders.files.old.size - changed;
  return counts.old > same && counts.new > same ? 1 : 0;
}

/** As soon as it listens, phones get what the last good build left. Gives how many fetches that were. */
async function serveAtOnce(starting: Starting, { renders, findings, random }: Run): Promise<number> {
  const ports = await starting.listening;
  const names = [...renders.files.old.keys()];
  const chosen = Array.from({ length: 5 }, () => names[Math.floor(random() * names.length)]!);
  for (const path of chosen)
    for (const protocol of ['http', 'tftp'] as const) {
      const got = await fetch[protocol]({ port: ports[protocol], path }).catch(String);
      const found = typeof got === 'string' ? got : hash('sha256', got);
      if (found !== renders.files.old.get(path) && found !== renders.files.new.get(path))
        findings.violate(`right after a start ${path} over ${protocol} is neither render: ${found}`);
    }
  return chosen.length * 2;
}

import { join } from 'node:path';
import { createBuild } from '../src/build.ts';
import { createLoader } from '../src/load.ts';
import { createLog } from '../src/log.ts';
import { openOutFolder } from '../src/output/out-folder.ts';
import { createDaemon } from '../src/serve.ts';
import { openWritten } from '../src/state/written.ts';
import { type Floor, renderFloor, writeFloor } from './floor.ts';
import { type Cost, type Memory, measure, watchMemory } from './meter.ts';

// What runs in a process of its own, which `build.ts` forks: one measurement, told by message.

export interface Task {
  readonly what: 'render-floor' | 'write-floor' | 'build' | 'daemon';
  readonly dir: string;
  readonly shipped: { readonly schema: string; readonly templates: string };
  /** The folder that is written. */
  readonly out: string;
}

export type FloorReport = Floor;
export interface BuildReport extends Cost, Memory {}
export interface DaemonReport extends Memory {
  /** Processor seconds since the last report. */
  readonly cpu: number;
}

const tell = (message: unknown) => process.send?.(message);
const log = createLog((line) => {
  if (/^\S+ (?:warn|error) /.test(line)) process.stderr.write(line);
});

/** What `offhook build` does, from its first look at the project to the last file. */
async function runBuild({ dir, shipped, out }: Task): Promise<BuildReport> {
  const memory = watchMemory();
  const cost = await measure(async () => {
    const written = openWritten({ folder: join(dir, '.offhook'), out, log });
    const folder = openOutFolder(out, [...written.readWritten().values()], written);
    const run = createBuild({ loader: createLoader({ dir, shipped }), out: folder, memory: written });
    const { accepted, problems } = await run();
    written.close();
    if (!accepted) throw new Error(`the build was rejected: ${problems[0]?.message}`);
  });
  return { ...cost, ...memory() };
}

/** What `offhook serve` does; tells what it has cost when it is asked, and ends with the word `stop`. */
async function runDaemon({ dir, shipped, out }: Task): Promise<DaemonReport> {
  const memory = watchMemory();
  let since = process.cpuUsage();
  const report = (): DaemonReport => {
    const { user, system } = process.cpuUsage(since);
    const told = { cpu: (user + system) / 1e6, ...memory() };
    since = process.cpuUsage();
    return told;
  };
  const daemon = createDaemon({
    project: { dir, shipped },
    out,
    state: join(dir, '.offhook'),
    host: '127.0.0.1',
    httpPort: 0,
    tftpPort: 0,
    notify: true,
    log,
  });
  await daemon.start();
  process.on('message', (word) => {
    if (word === 'cost') tell(report());
    else void daemon.stop().then(() => process.disconnect?.());
  });
  return report();
}

const task: Task = JSON.parse(process.argv[2] ?? '{}');
const work = {
  'render-floor': () => renderFloor(task),
  'write-floor': () => writeFloor(join(task.dir, 'out'), task.out),
  build: () => runBuild(task),
  daemon: () => runDaemon(task),
};
tell(await work[task.what]());

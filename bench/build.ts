import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVendorReader } from '../src/source/vendors.ts';
import type { BuildReport, DaemonReport, FloorReport, Task } from './child.ts';
import { createPhone, type EditTimes, timeEdit } from './edit.ts';
import { machine, type Round, sizeTable, slopeTable } from './report.ts';
import { type GeneratedSite, writeSite } from './site.ts';

// npm run bench:build -- --devices 1000,10000,100000 --rounds 5 --edits 9 --files 100 [--templates DIR] [--tmp DIR]

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '5' },
    edits: { type: 'string', default: '9' },
    files: { type: 'string', default: '100' },
    templates: { type: 'string', default: fileURLToPath(new URL('../templates', import.meta.url)) },
    tmp: { type: 'string', default: tmpdir() },
  },
});
const shipped = { schema: fileURLToPath(new URL('../schema', import.meta.url)), templates: options.templates };
const { vendors } = createVendorReader(shipped)();

function start(task: Task): ChildProcess {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [JSON.stringify(task)], {
    execArgv: ['--expose-gc', '--max-old-space-size=8192'],
  });
  child.once('exit', (code) => {
    if (code) throw new Error(`${task.what} ended with ${code}`);
  });
  return child;
}

async function answerOf<Report>(child: ChildProcess): Promise<Report> {
  const [report] = await once(child, 'message');
  return report as Report;
}

async function run<Report>(task: Task): Promise<Report> {
  execFileSync('sync');
  const child = start(task);
  const exit = once(child, 'exit');
  const report = await answerOf<Report>(child);
  await exit;
  return report;
}

interface Edits {
  readonly times: readonly EditTimes[];
  readonly cpu: number;
  readonly daemon: DaemonReport;
}

/** The edits of one daemon. */
async function runEdits(
  site: GeneratedSite,
  task: Task,
  phone: Awaited<ReturnType<typeof createPhone>>,
): Promise<Edits> {
  const child = start({ ...task, what: 'daemon' });
  await answerOf(child);
  await new Promise((settled) => setTimeout(settled, 1000));
  child.send('cost');
  await answerOf(child);
  const times: EditTimes[] = [];
  for (let count = 1; count <= Number(options.edits); count++) {
    const wanted = `Renamed ${process.hrtime.bigint()}`.slice(0, 24);
    const edit = { source: join(task.dir, site.path), text: site.textWith(wanted), out: task.out, wanted };
    times.push(await timeEdit(edit, phone));
    await new Promise((settled) => setTimeout(settled, 300));
  }
  child.send('cost');
  const daemon = await answerOf<DaemonReport>(child);
  child.send('stop');
  await once(child, 'exit');
  return { times, cpu: daemon.cpu / times.length, daemon };
}

/** One round: everything once, each in a fresh process, the floor between the builds. */
async function runRound(devices: number): Promise<Round> {
  const dir = mkdtempSync(join(root, 'site-'));
  const phone = await createPhone();
  try {
    const site = writeSite({ dir, vendors, devices, files: Number(options.files), phone });
    const task = { dir, shipped, out: join(dir, 'out') };
    const render = await run<FloorReport>({ ...task, what: 'render-floor' });
    const full = await run<BuildReport>({ ...task, what: 'build' });
    const write = await run<FloorReport>({ ...task, what: 'write-floor', out: join(dir, 'floor') });
    const nothing = await run<BuildReport>({ ...task, what: 'build' });
    const edits = await runEdits(site, { ...task, what: 'daemon' }, phone);
    return { devices, render, write, full, nothing, ...edits };
  } finally {
    phone.close();
  }
}

const sizes = options.devices.split(',').map(Number);
const rounds: Round[] = [];
// Nothing is removed between: ext4 is slow to make files for a while after it has removed many.
const root = mkdtempSync(join(options.tmp, 'offhook-bench-'));
try {
  for (let round = 0; round < Number(options.rounds); round++)
    for (const devices of sizes) rounds.push(await runRound(devices));
} finally {
  rmSync(root, { recursive: true, force: true });
}

console.log(machine());
for (const devices of sizes) console.log(sizeTable(rounds.filter((round) => round.devices === devices)));
if (sizes.length > 1) console.log(slopeTable(rounds));

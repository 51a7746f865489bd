import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../report.ts';
import { prepareSite } from './prepare.ts';
import type { Running } from './process.ts';
import type { ServedSite } from './site.ts';
import { compileLoadClient, type Load, type LoadClient, type Seen } from './tftp-load.ts';
import { type TftpServer, tftpServers } from './tftp-servers.ts';

export interface TftpOptions {
  readonly rounds: number;
  /** Numbers of workers to measure offhook with. */
  readonly workers: readonly number[];
  /** Words that names of scenarios and servers must have; all when absent. */
  readonly only?: { readonly scenarios?: string; readonly servers?: string };
  readonly tmp?: string;
}

interface Scenario {
  readonly name: string;
  /** The least ratio to the best peer's fetches per second that is wanted, and the most of its p99. */
  readonly wanted: { readonly rate: number; readonly p99?: number };
  readonly load: (site: ServedSite) => Load;
}

const scenarios: readonly Scenario[] = [
  {
    name: '5,000 phones, 1,000 at once, blksize 512',
    wanted: { rate: 2, p99: 1 / 6 },
    load: ({ names }) => ({ names, atOnce: 1000, blockSize: 512 }),
  },
  {
    name: '5,000 phones, 1,000 at once, blksize 1428',
    wanted: { rate: 2.5, p99: 1 / 6 },
    load: ({ names }) => ({ names, atOnce: 1000, blockSize: 1428 }),
  },
  {
    name: '1,000 phones, 200 at once, blksize 512',
    wanted: { rate: 1 },
    load: ({ names }) => ({ names: names.slice(0, 1000), atOnce: 200, blockSize: 512 }),
  },
  {
    name: '1,000 phones, 200 at once, blksize 1428',
    wanted: { rate: 1 },
    load: ({ names }) => ({ names: names.slice(0, 1000), atOnce: 200, blockSize: 1428 }),
  },
  {
    name: 'firmware of 20 MB to 20 phones, blksize 1428, windowsize 16',
    wanted: { rate: 1 },
    load: ({ firmware }) => ({ names: Array(20).fill(firmware.name), atOnce: 20, blockSize: 1428, windowSize: 16 }),
  },
];

interface Measured extends Seen {
  /** Processor seconds of the server. */
  readonly serverCpu: number;
  /** The server ended under it. */
  readonly died: boolean;
}

/** One scenario of one server, in every round. */
type Results = Map<string, Map<string, Measured[]>>;

/** Measures each server in turn on the same files, round by round; every server is stopped when its turn is over. */
export async function measureTftp(options: TftpOptions): Promise<string> {
  const folder = mkdtempSync(join(options.tmp ?? tmpdir(), 'offhook-bench-tftp-'));
  try {
    const { site, files } = await prepareSite(folder, 5000);
    const load = compileLoadClient({ files, tmp: folder });
    const { scenarios: word = '', servers: name = '' } = options.only ?? {};
    const wanted = scenarios.filter((each) => each.name.includes(word));
    const all = tftpServers({ project: site.dir, files, tmp: folder, workers: options.workers });
    const servers = all.filter((each) => each.name.includes(name));
    for (const server of servers) if (server.missing) console.error(`${server.name} is left out: ${server.missing}`);
    const present = servers.filter(({ missing }) => !missing);
    const results: Results = new Map(
      wanted.map((each) => [each.name, new Map(present.map((server) => [server.name, []]))]),
    );
    const memory = new Map<string, number>();
    for (let round = 1; round <= options.rounds; round++)
      for (const server of present) {
        console.error(`round ${round}: ${server.name}`);
        const peak = await measureServer(server, { site, load, scenarios: wanted, results });
        memory.set(server.name, Math.max(peak, memory.get(server.name) ?? 0));
      }
    return [...wanted.map((each) => table(each, results.get(each.name)!)), memoryTable(memory)].join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Work {
  readonly site: ServedSite;
  readonly load: LoadClient;
  readonly scenarios: readonly Scenario[];
  readonly results: Results;
}

/** Answers the most memory that the server had. One that dies is started anew for the next scenario. */
async function measureServer(server: TftpServer, { site, load, scenarios, results }: Work): Promise<number> {
  let running = await server.start();
  try {
    await warmUp(running, { site, load });
    let memory = 0;
    for (const scenario of scenarios) {
      if (running.hasEnded()) running = await server.start();
      const before = running.cpu();
      const seen = await load(running, scenario.load(site));
      const measured = { ...seen, serverCpu: running.cpu() - before, died: running.hasEnded() };
      results.get(scenario.name)!.get(server.name)!.push(measured);
      memory = Math.max(memory, running.memory());
    }
    return memory;
  } finally {
    await running.stop();
  }
}

/** The same for all: files in the system's memory, code compiled. */
async function warmUp(running: Running, { site, load }: Pick<Work, 'site' | 'load'>): Promise<void> {
  for (const blockSize of [512, 1428, 512, 1428])
    await load(running, { names: site.names.slice(0, 2000), atOnce: 50, blockSize });
}

function table({ name, wanted }: Scenario, servers: ReadonlyMap<string, readonly Measured[]>): string {
  const rows = [...servers].map(([server, runs]) => ({ server, ...summary(runs) }));
  const peers = rows.filter(({ server }) => !server.startsWith('offhook'));
  const best = Math.max(...peers.filter(({ fetches }) => fetches > 0).map(({ rate }) => rate));
  const bestP99 = Math.min(...peers.filter(({ rate }) => rate === best).map(({ p99 }) => p99));
  const p99Wanted = wanted.p99 === undefined ? '' : `, p99 at most ${wanted.p99.toPrecision(2)} of its`;
  const lines = rows.map(({ server, rate, p50, p99, ...row }) => {
    const ratios = [rate / best, p99 / bestP99].map((ratio) => ratio.toPrecision(3));
    const counts = [row.failed, row.wrong, row.repeats, row.died];
    const costs = [row.serverCpu, row.clientCpu].map((seconds) => seconds.toFixed(3));
    return `| ${[server, ...ratios, rate.toFixed(0), row.mega.toFixed(0), p50.toFixed(0), p99.toFixed(0), ...counts, ...costs].join(' | ')} |`;
  });
  const head = [
    '| server | rate / best peer | p99 / its | fetches/s | MB/s | p50 ms | p99 ms | failed | wrong | client repeats | died | server CPU s per 1,000 | client CPU s per 1,000 |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
  ];
  return [
    `\n### TFTP: ${name}\n`,
    `Wanted: ${wanted.rate} times the best peer's rate${p99Wanted}.\n`,
    ...head,
    ...lines,
  ].join('\n');
}

/** Medians over the rounds; what failed, was wrong or repeated is summed. */
function summary(runs: readonly Measured[]) {
  const over = (figure: (run: Measured) => number) => median(runs.map(figure));
  const sum = (figure: (run: Measured) => number) => runs.reduce((total, run) => total + figure(run), 0);
  const perThousand = (seconds: number, { fetches }: Measured) => (seconds / Math.max(1, fetches)) * 1000;
  return {
    fetches: sum(({ fetches }) => fetches),
    rate: over(({ fetches, seconds }) => fetches / seconds),
    mega: over(({ bytes, seconds }) => bytes / seconds / 1e6),
    p50: over(({ p50 }) => p50),
    p99: over(({ p99 }) => p99),
    failed: sum(({ failed }) => failed),
    wrong: sum(({ wrong }) => wrong),
    repeats: sum(({ repeats }) => repeats),
    died: sum(({ died }) => (died ? 1 : 0)),
    serverCpu: over((run) => perThousand(run.serverCpu, run)),
    clientCpu: over((run) => perThousand(run.cpu, run)),
  };
}

function memoryTable(memory: ReadonlyMap<string, number>): string {
  const lines = [...memory].map(([server, bytes]) => `| ${server} | ${(bytes / 1e6).toFixed(0)} |`);
  return ['\n### TFTP: memory at most\n', '| server | RSS MB |', '|---|--:|', ...lines].join('\n');
}

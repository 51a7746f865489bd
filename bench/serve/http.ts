import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../report.ts';
import { compileHttpLoadClient, type HttpLoadClient, type HttpSeen } from './http-load.ts';
import { type HttpServer, httpServers, makeCertificate, type RunningHttp } from './http-servers.ts';
import { prepareSite } from './prepare.ts';

export interface HttpOptions {
  readonly rounds: number;
  /** Of each server and row in each round. */
  readonly requests: number;
  /** At once. */
  readonly connections: number;
  /** Of each server, and as many workers; the load has one more. */
  readonly cores: number;
  /** Files, each of a device and with a name of its own. */
  readonly devices: number;
  /** Words that names of rows and servers must have; all when absent. */
  readonly only?: { readonly scenarios?: string; readonly servers?: string };
  readonly tmp?: string;
}

interface Row {
  readonly name: string;
  readonly tls: boolean;
  readonly keepAlive: boolean;
  /** The least ratio to their requests per second that is wanted. */
  readonly wanted?: { readonly nginx: number; readonly caddy: number };
}

const rows: readonly Row[] = [
  { name: 'HTTP, no keep-alive', tls: false, keepAlive: false, wanted: { nginx: 0.75, caddy: 1.3 } },
  { name: 'HTTP, keep-alive', tls: false, keepAlive: true, wanted: { nginx: 0.9, caddy: 2.3 } },
  { name: 'HTTPS, no keep-alive', tls: true, keepAlive: false },
  { name: 'HTTPS, keep-alive', tls: true, keepAlive: true },
];

interface Measured extends HttpSeen {
  /** Processor seconds of the server. */
  readonly serverCpu: number;
}

/** By row and server: one for each round. */
type Results = ReadonlyMap<Row, ReadonlyMap<string, Measured[]>>;

/**
 * All servers stand ready, and each in turn gets the same load, row by row and round by round: what else the machine does
 * meets all of them. Where there are enough cores the load has the first, and the server those behind it.
 */
export async function measureHttp(options: HttpOptions): Promise<string> {
  const folder = mkdtempSync(join(options.tmp ?? tmpdir(), 'offhook-bench-http-'));
  const running = new Map<string, RunningHttp>();
  try {
    const certificate = makeCertificate(folder);
    const { site, files } = await prepareSite(folder, options.devices, certificate);
    const { cores } = options;
    const isApart = availableParallelism() > cores;
    const load = compileHttpLoadClient({ files, tmp: folder, cores: isApart ? '0' : undefined });
    const place = { project: site.dir, files, tmp: folder, ...certificate };
    const all = httpServers({ ...place, cores: { count: cores, list: isApart ? `1-${cores}` : undefined } });
    const present = wantedServers(all, options.only?.servers);
    for (const server of present) running.set(server.name, await server.start());
    const chosen = rows.filter(({ name }) => name.includes(options.only?.scenarios ?? ''));
    const names = Array.from({ length: options.requests }, (_, index) => site.names[index % site.names.length]!);
    const results = await measureAll(chosen, { running, load, names, options });
    const tables = chosen.map((row) => table(row, results.get(row)!));
    return [`\n${description(present, options)}`, ...tables, memoryTable(running)].join('\n');
  } finally {
    for (const each of running.values()) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function wantedServers(all: readonly HttpServer[], word = ''): HttpServer[] {
  const servers = all.filter(({ name }) => name.includes(word));
  for (const { name, missing } of servers) if (missing) console.error(`${name} is left out: ${missing}`);
  return servers.filter(({ missing }) => !missing);
}

interface Work {
  readonly running: ReadonlyMap<string, RunningHttp>;
  readonly load: HttpLoadClient;
  readonly names: readonly string[];
  readonly options: Pick<HttpOptions, 'rounds' | 'connections'>;
}

async function measureAll(chosen: readonly Row[], { running, load, names, options }: Work): Promise<Results> {
  const { rounds, connections } = options;
  const results = new Map(chosen.map((row) => [row, new Map([...running.keys()].map((name) => [name, []]))]));
  // Round 0 is not counted: files come into the system's memory, and code is compiled.
  for (let round = 0; round <= rounds; round++)
    for (const [row, byServer] of results)
      for (const [name, measured] of byServer as Map<string, Measured[]>) {
        const server = running.get(name)!;
        const port = row.tls ? server.ports.https : server.ports.http;
        if (server.hasEnded()) throw new Error(`${name} has ended`);
        const before = server.cpu();
        const seen = await load({ address: server.address, port }, { ...row, names, connections });
        if (seen.fault !== '') console.error(`${row.name}, ${name}: ${seen.fault}`);
        if (round > 0) measured.push({ ...seen, serverCpu: server.cpu() - before });
      }
  return results;
}

function description(servers: readonly HttpServer[], options: HttpOptions): string {
  const { rounds, requests, connections, devices, cores } = options;
  const peers = servers.flatMap(({ version }) => version ?? []).join(', ');
  const how = `${requests.toLocaleString('en')} requests on ${connections} connections at once, ${devices.toLocaleString('en')} names, ${rounds} rounds`;
  const isApart = availableParallelism() > cores;
  const where = isApart
    ? `the load on one core, the server on ${cores === 1 ? 'another' : `${cores} others`}`
    : 'no core apart';
  return `HTTP: ${how}; ${where}. ${peers}. Linux ${release()}, ${cpus()[0]?.model.trim()}.`;
}

const head = [
  '| server | rate / nginx | rate / caddy | CPU / nginx | requests/s | p50 ms | p99 ms | failed | wrong | broken off | server CPU s per 1,000 | client CPU s per 1,000 |',
  '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
];

function table({ name, wanted }: Row, servers: ReadonlyMap<string, readonly Measured[]>): string {
  const wish = wanted && `Wanted: ${wanted.nginx} of nginx's rate, and ${wanted.caddy} times Caddy's.\n`;
  const lines = [...servers].map(([server, runs]) => {
    const ratios = [
      pairedRatio(runs, servers.get('nginx'), rateOf),
      pairedRatio(runs, servers.get('caddy'), rateOf),
      pairedRatio(runs, servers.get('nginx'), serverCost),
    ];
    return `| ${[server, ...ratios, ...figuresOf(runs)].join(' | ')} |`;
  });
  return [`\n### ${name}\n`, ...(wish ? [wish] : []), ...head, ...lines].join('\n');
}

const rateOf = ({ requests, seconds }: Measured): number => requests / seconds;
const serverCost = ({ serverCpu, requests }: Measured): number => (serverCpu / requests) * 1000;

/** Of each round with the peer's of the same round, the median: what slowed a round down slowed both. */
function pairedRatio(
  runs: readonly Measured[],
  peer: readonly Measured[] | undefined,
  figure: (run: Measured) => number,
): string {
  if (peer === undefined) return '';
  return median(runs.map((run, round) => figure(run) / figure(peer[round]!))).toPrecision(3);
}

/** Medians over the rounds; what failed, was wrong or broken off is summed. */
function figuresOf(runs: readonly Measured[]): (string | number)[] {
  const over = (figure: (run: Measured) => number) => median(runs.map(figure));
  const sum = (figure: (run: Measured) => number) => runs.reduce((total, run) => total + figure(run), 0);
  return [
    over(rateOf).toFixed(0),
    over(({ p50 }) => p50).toFixed(2),
    over(({ p99 }) => p99).toFixed(2),
    sum(({ failed }) => failed),
    sum(({ wrong }) => wrong),
    sum(({ resets }) => resets),
    over(serverCost).toFixed(4),
    over(({ cpu, requests }) => (cpu / requests) * 1000).toFixed(4),
  ];
}

function memoryTable(running: ReadonlyMap<string, RunningHttp>): string {
  const lines = [...running].map(([name, server]) => `| ${name} | ${(server.memory() / 1e6).toFixed(0)} |`);
  return ['\n### HTTP and HTTPS: memory at most\n', '| server | RSS MB |', '|---|--:|', ...lines].join('\n');
}

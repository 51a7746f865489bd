import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Answerer, serveApi, serveBare } from './api/servers.ts';
import { machine, median } from './report.ts';
import { compileHttpLoadClient, type HttpLoadClient } from './serve/http-load.ts';
import { freePort } from './serve/process.ts';
import { writeServedSite } from './serve/site.ts';

// npm run bench:api -- --devices 100000 --rounds 3 [--connections 16] [--tmp DIR]
//
// Answers of the API beside a bare handler of fastify, and of node:http, that gives the same bytes; in one run, in turn, with a
// load that checks every byte.

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    tmp: { type: 'string' },
  },
});
const devices = Number(options.devices);

interface Row {
  readonly name: string;
  /** Paths without their slash, each asked for in turn. */
  readonly paths: readonly string[];
  readonly requests: number;
}

function rowsOf(macs: readonly string[]): Row[] {
  const step = Math.max(1, Math.floor(macs.length / 1000));
  const some = macs.filter((_, index) => index % step === 0);
  return [
    { name: 'phone-lookup', paths: some.map((mac) => `api/phone-lookup/${mac}`), requests: 10_000 },
    { name: 'one device', paths: some.map((mac) => `api/v1/devices/${mac}`), requests: 5_000 },
    { name: 'devices, a page of 100', paths: ['api/v1/devices?limit=100'], requests: 2_000 },
    { name: `devices, all ${macs.length}`, paths: ['api/provisioning/devices'], requests: 20 },
  ];
}

/** A build is accepted a moment before it is written down, and then answers say since when there is a device. */
async function untilAllIsKnown(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/provisioning/devices`);
    if (answer.status === 200 && !(await answer.text()).includes('"created_at":null')) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Writes the daemon's own answers down, for the others to give and for the load to check. */
async function keepAnswers(files: string, port: number, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    mkdirSync(dirname(join(files, path)), { recursive: true });
    writeFileSync(join(files, path), await answer.text());
  }
}

async function measure(row: Row, servers: readonly Answerer[], load: HttpLoadClient): Promise<string[]> {
  const names = Array.from({ length: row.requests }, (_, index) => row.paths[index % row.paths.length]!);
  const rates = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
  const wrong = new Map<string, number>();
  // Round 0 is not counted: code is compiled.
  for (let round = 0; round <= Number(options.rounds); round++)
    for (const { name, port } of servers) {
      const how = { names, connections: Number(options.connections), keepAlive: true, tls: false };
      const seen = await load({ address: '127.0.0.1', port }, how);
      if (seen.fault !== '') console.error(`${row.name}, ${name}: ${seen.fault}`);
      wrong.set(name, (wrong.get(name) ?? 0) + seen.wrong + seen.failed);
      if (round > 0) rates.get(name)!.push(seen.requests / seen.seconds);
    }
  const floor = rates.get('bare fastify')!;
  return servers.map(({ name }) => {
    const ratio = median(rates.get(name)!.map((rate, round) => floor[round]! / rate));
    const rate = median(rates.get(name)!);
    return `| ${row.name} | ${name} | ${ratio.toPrecision(3)} | ${rate.toFixed(rate < 100 ? 1 : 0)} | ${wrong.get(name)} |`;
  });
}

async function measureAll(folder: string): Promise<void> {
  const own = await freePort('127.0.0.1');
  const site = writeServedSite(join(folder, 'project'), devices, {
    more: [`api: { listen: "127.0.0.1:${own}", limits: off }`],
  });
  const macs = site.names.map((name) => name.replace('.cfg', ''));
  const rows = rowsOf(macs);
  const files = join(folder, 'answers');
  const list = join(folder, 'paths');
  const offhook = await serveApi(site.dir);
  try {
    const paths = rows.flatMap((row) => row.paths);
    await untilAllIsKnown(own);
    await keepAnswers(files, own, paths);
    writeFileSync(list, paths.map((path) => `${path}\n`).join(''));
    const bare = [await serveBare('fastify', files, list), await serveBare('http', files, list)];
    const load = compileHttpLoadClient({ files, tmp: folder });
    console.log(`${machine()}; ${devices} devices`);
    console.log(
      '\n| what is asked for | who answers | times the cost of bare fastify (wanted 2) | answers/s | wrong |',
    );
    console.log('|---|---|--:|--:|--:|');
    const servers = [{ name: 'offhook', port: own, stop: offhook.stop }, ...bare];
    for (const row of rows) for (const line of await measure(row, servers, load)) console.log(line);
    console.log(`\noffhook: ${(offhook.memory() / 1e6).toFixed(0)} MB resident at most.`);
    for (const each of bare) await each.stop();
  } finally {
    await offhook.stop();
  }
}

const folder = mkdtempSync(join(options.tmp ?? tmpdir(), 'offhook-bench-api-'));
try {
  await measureAll(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

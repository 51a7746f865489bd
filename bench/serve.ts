import { parseArgs } from 'node:util';
import { machine } from './report.ts';
import { measureHttp } from './serve/http.ts';
import { measureTftp } from './serve/tftp.ts';

// npm run bench:serve -- --rounds 3 --workers 1,2 [--only tftp|http] [--scenario "at once"] [--server offhook] [--tmp DIR]
//   of HTTP also: [--requests 20000] [--connections 64] [--devices 10000] [--cores 1]
//
// offhook beside the servers that people use today, each in turn on the same files, with a load from a process of its own
// that checks every byte.

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '1,2' },
    only: { type: 'string' },
    scenario: { type: 'string' },
    server: { type: 'string' },
    tmp: { type: 'string' },
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '64' },
    devices: { type: 'string', default: '10000' },
    cores: { type: 'string', default: '1' },
  },
});
const common = {
  rounds: Number(options.rounds),
  workers: options.workers.split(',').map(Number),
  only: { scenarios: options.scenario, servers: options.server },
  tmp: options.tmp,
};
const http = {
  requests: Number(options.requests),
  connections: Number(options.connections),
  devices: Number(options.devices),
  cores: Number(options.cores),
};

/** Each part measures one protocol, and answers its tables. */
const parts: Readonly<Record<string, () => Promise<string>>> = {
  tftp: () => measureTftp(common),
  http: () => measureHttp({ ...common, ...http }),
};

console.log(machine());
for (const [name, measure] of Object.entries(parts))
  if (options.only === undefined || options.only === name) console.log(await measure());

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Convergence, converge, type Rate, rateOfDaemon, rateOfSipp } from './notify/measure.ts';
import { bringUp, isInside, lose, loseNothing, runInside } from './notify/namespace.ts';
import { compilePhones } from './notify/phones.ts';
import { writeToldSite } from './notify/site.ts';
import { machine, median } from './report.ts';

// npm run bench:notify -- --devices 10000 --rounds 3 [--only rate|loop|kill] [--sipp 2000,5000,10000,20000] [--tmp DIR]
//
// From one edit of `defaults` to the last phone that runs it: phones are a process of their own, on addresses of their own in
// a network of their own. NOTIFYs a second stand beside sipp, which sends the same to the same phones.

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    sipp: { type: 'string', default: '2000,5000,10000,20000,40000' },
    kills: { type: 'string', default: '10' },
    tmp: { type: 'string' },
  },
});
const devices = Number(options.devices);
const rounds = Number(options.rounds);
const fleet = { silentEach: 100, challengeEach: 100 };

const figure = (value: number): string => (Number.isNaN(value) ? '' : value.toPrecision(3));

async function rate(folder: string, program: string): Promise<string> {
  const site = { dir: join(folder, 'rate'), devices };
  writeToldSite(site);
  const sipp = new Map<number, Rate[]>();
  for (const perSecond of options.sipp.split(',').map(Number)) {
    const one = { tmp: folder, count: devices, perSecond, program };
    const rates: Rate[] = [];
    for (let round = 0; round < rounds; round++) rates.push(await rateOfSipp(one));
    sipp.set(perSecond, rates);
  }
  const own = await rateOfDaemon(site, program, rounds);
  const ownRate = median(own.map(({ perSecond }) => perSecond));
  const rows = [...sipp].map(([wanted, rates]) => {
    const got = median(rates.map(({ perSecond }) => perSecond));
    const repeats = median(rates.map(({ seen }) => seen.repeats));
    return `| sipp -r ${wanted} | ${figure(ownRate / got)} | ${got.toFixed(0)} | ${repeats} | |`;
  });
  const cpu = median(own.map((one) => one.cpu ?? Number.NaN));
  const repeats = median(own.map(({ seen }) => seen.repeats));
  return [
    `\n### ${devices} NOTIFYs, all answered, none lost, ${rounds} rounds\n`,
    'Wanted: at least the rate of sipp.\n',
    '| who sends | offhook / this | NOTIFYs/s | repeated datagrams | CPU s, build and all |',
    '|---|--:|--:|--:|--:|',
    `| offhook | 1.00 | ${ownRate.toFixed(0)} | ${repeats} | ${figure(cpu)} |`,
    ...rows,
  ].join('\n');
}

const loopHead = [
  '| how | last told s | last current s | phones told | told twice | took it twice | wrong digests | final states | CPU s | peak RSS MB |',
  '|---|--:|--:|--:|--:|--:|--:|---|--:|--:|',
];

function loopRow(how: string, { lastTold, lastCurrent, seen, counts, isRight, cpu, memory }: Convergence): string {
  const states = Object.entries(counts).filter(([, count]) => count > 0);
  const words = `${isRight ? 'right' : '**wrong**'}: ${states.map(([state, count]) => `${count} ${state}`).join(', ')}`;
  const told = [seen.told, seen.toldAgain, seen.takenTwice, seen.forged];
  const cells = [
    how,
    lastTold.toFixed(2),
    lastCurrent.toFixed(2),
    ...told,
    words,
    figure(cpu),
    (memory / 1e6).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function loop(folder: string, program: string): Promise<string> {
  const rows: string[] = [];
  for (const [name, perSecond] of [
    ['pacing off', undefined],
    ['200 a second', 200],
  ] as const) {
    const site = { dir: join(folder, `loop-${perSecond ?? 'off'}`), devices, perSecond };
    writeToldSite(site);
    rows.push(loopRow(name, await losing(() => converge(site, program, fleet))));
  }
  return [
    `\n### One edit of \`defaults\`, ${devices} phones: 1 % silent, 1 % challenging, 2 % of datagrams lost each way\n`,
    ...loopHead,
    ...rows,
  ].join('\n');
}

async function kill(folder: string, program: string): Promise<string> {
  const site = { dir: join(folder, 'kill'), devices, perSecond: 200 };
  const kills = Number(options.kills);
  writeToldSite(site);
  const seen = await losing(() => converge(site, program, { ...fleet, kills }));
  return [
    `\n### The same, and the daemon is killed ${kills} times on the way\n`,
    ...loopHead,
    loopRow('200 a second', seen),
  ].join('\n');
}

async function losing<Result>(work: () => Promise<Result>): Promise<Result> {
  lose(2);
  try {
    return await work();
  } finally {
    loseNothing();
  }
}

/** Each part answers its table. */
const parts: Readonly<Record<string, (folder: string, program: string) => Promise<string>>> = { rate, loop, kill };

async function measureAll(): Promise<void> {
  bringUp();
  const folder = mkdtempSync(join(options.tmp ?? tmpdir(), 'offhook-bench-notify-'));
  try {
    const program = compilePhones(folder);
    console.log(machine());
    for (const [name, measure] of Object.entries(parts))
      if (options.only === undefined || options.only === name) console.log(await measure(folder, program));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isInside()) await measureAll();
else process.exitCode = runInside();

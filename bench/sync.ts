import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createSlapd, peopleBase, peopleLdif, reader, type Slapd } from '../test/support/slapd.ts';
import { machine, median } from './report.ts';
import type { Order, Report } from './sync/child.ts';
import { measureRename } from './sync/rename.ts';

// npm run bench:sync -- --people 50000 --devices 1000 --rounds 5
//
// Everybody of a real slapd, beside ldapsearch with the same filter, the same attributes and the same pages; a reading in
// which nothing is new; and a rename until the new bytes are on disk and the NOTIFY is on the wire.

const { values: options } = parseArgs({
  options: {
    people: { type: 'string', default: '50000' },
    devices: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
  },
});
const rounds = Number(options.rounds);
const source = { bind_dn: reader.dn, password: reader.password, base: peopleBase, page_size: 1000 };
const attributes =
  'ipPhone telephoneNumber displayName cn mail department mobile objectGUID entryUUID userAccountControl'.split(' ');

async function ldapsearch(url: string): Promise<number> {
  const login = ['-x', '-LLL', '-H', url, '-D', reader.dn, '-w', reader.password];
  const asked = ['-b', peopleBase, '-E', 'pr=1000/noprompt', '(objectClass=person)', ...attributes];
  const since = performance.now();
  await promisify(execFile)('sh', ['-c', 'exec ldapsearch "$@" >/dev/null', 'sh', ...login, ...asked]);
  return (performance.now() - since) / 1e3;
}

const child = (order: Order): Report =>
  JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'sync', 'child.ts')], {
      input: JSON.stringify(order),
      encoding: 'utf8',
    }),
  );

async function measure(slapd: Slapd, dir: string): Promise<string> {
  const all: { search: number; read: Report; full: Report; unchanged: Report; again: Report }[] = [];
  const order = { source: { ...source, url: slapd.url }, dir, state: join(dir, 'state') };
  for (let round = 0; round < rounds; round++) {
    const search = await ldapsearch(slapd.url);
    const read = child({ ...order, what: 'read' });
    const full = child({ ...order, what: 'full' });
    const unchanged = child({ ...order, what: 'new' });
    all.push({ search, read, full, unchanged, again: child({ ...order, what: 'again' }) });
  }
  rmSync(join(dir, 'state'), { recursive: true });
  const renames = await measureRename({ dir, devices: Number(options.devices), slapd, rounds });
  const over = (figure: (one: (typeof all)[number]) => number) => median(all.map(figure));
  const [search, read, full, unchanged] = [
    over((one) => one.search),
    over((one) => one.read.seconds),
    over((one) => one.full.seconds),
    over((one) => one.unchanged.seconds),
  ];
  const of = (what: 'disk' | 'notify') => median(renames.map((one) => one[what]));
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  return [
    '| what | ratio | wanted | seconds |',
    '|---|--:|--:|--:|',
    `| ldapsearch, ${options.people} people, pages of 1,000 | | | ${search.toFixed(2)} |`,
    `| full reading / ldapsearch | ${over((one) => one.read.seconds / one.search).toFixed(2)} | 2 | ${read.toFixed(2)} |`,
    `| full sync, file and all / ldapsearch | ${over((one) => one.full.seconds / one.search).toFixed(2)} | | ${full.toFixed(2)} |`,
    `| nothing new / full sync, each in a process of its own | ${over((one) => one.unchanged.seconds / one.full.seconds).toFixed(4)} | 0.02 | ${unchanged.toFixed(4)} |`,
    `| … in a process that has asked before, as the daemon's | ${over((one) => one.again.seconds / one.full.seconds).toFixed(4)} | 0.02 | ${over((one) => one.again.seconds).toFixed(4)} |`,
    `| one rename until the bytes of ${options.devices} devices are on disk | | | ${of('disk').toFixed(2)} |`,
    `| … until the NOTIFY is at the phone | | | ${of('notify').toFixed(2)} |`,
    '',
    `${over((one) => one.full.people)} people with a number; ${[...new Set(all.map(({ unchanged: { how } }) => how))]} was new in between.`,
    `A rename touched ${[...new Set(renames.map(({ touched }) => touched))].join(', ')} devices: the person's own, and the one that watches it.`,
    `Memory of a full sync: ${mib(over((one) => one.full.before))} MiB before, ${mib(over((one) => one.full.peak))} MiB at its height.`,
  ].join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
const slapd = await createSlapd({ folder: join(folder, 'slapd'), people: peopleLdif(Number(options.people)) });
try {
  console.log(machine());
  console.log(await measure(slapd, folder));
} finally {
  await slapd.stop();
  rmSync(folder, { recursive: true, force: true });
}

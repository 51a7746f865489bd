import { readFileSync } from 'node:fs';
import type { LdapSource } from '../../src/model/people-source.ts';
import { Secret } from '../../src/model/secret.ts';
import { readDirectory } from '../../src/source/people/ldap/read.ts';
import { directoryOf } from '../../src/source/people/ldap/settings.ts';
import { keptMemory, syncDirectory } from '../../src/sync-directory.ts';

// One process for one row: the heap of one measurement is not that of the next.

/** What is measured, on standard input. */
export interface Order {
  readonly source: LdapSource;
  readonly dir: string;
  readonly state: string;
  /** Only what the directory says; everything that comes of everybody, or of what is new; the latter for the second time. */
  readonly what: 'read' | 'full' | 'new' | 'again';
}

export interface Report {
  readonly seconds: number;
  readonly people: number;
  readonly how: string;
  /** Of the process at its height, and before it asked. */
  readonly peak: number;
  readonly before: number;
}

const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
const { source, dir, state, what } = order;
const options = { source, dir, secret: (text: unknown) => new Secret(String(text)), memory: keptMemory(state, source) };

async function work(): Promise<Pick<Report, 'how' | 'people'>> {
  if (what !== 'read') return { people: 0, ...(await syncDirectory({ ...options, full: what === 'full' })) };
  const { how, everybody } = await readDirectory({ ...options, directory: directoryOf(source, options), full: true });
  return { how, people: everybody?.people.size ?? 0 };
}

if (what === 'again') await work();
const before = process.memoryUsage.rss();
const since = performance.now();
const { how, people } = await work();
const report: Report = {
  seconds: (performance.now() - since) / 1e3,
  ...{ people, how, before, peak: process.resourceUsage().maxRSS * 1024 },
};
process.stdout.write(JSON.stringify(report));

import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../test/support/random.ts';
import { breakSite, mendSite } from './edits.ts';
import { createFindings, type Findings, type Outcome } from './outcome.ts';
import { fetch } from './phone.ts';
import { isBeside } from './site.ts';
import { checkDaemon, type Target } from './target.ts';

const sentence = 'rewriting out/ tears no file, and a broken edit changes nothing';

export interface RewritingOptions {
  /** Every other one is broken. */
  readonly edits: number;
  readonly seed: number;
  /** The generation that the site is of, and the one that it is of afterwards is added to it. */
  readonly from?: number;
  readonly phones?: number;
  /** No further edit is made after it, in milliseconds of `performance.now`. */
  readonly until?: number;
}

export interface Rewritten extends Outcome {
  /** That the site is of now. */
  readonly generation: number;
}

/**
 * Edits the project again and again while phones fetch without a pause. A good edit puts other bytes into every file of a
 * device; whatever a phone gets must be one good render from its first byte to its last.
 */
export async function rewritingOutTearsNoFile(target: Target, options: RewritingOptions): Promise<Rewritten> {
  const { edits, seed, from = 0, phones = 8, until = Number.POSITIVE_INFINITY } = options;
  const { daemon, site } = target;
  const findings = createFindings();
  const random = createRandom(seed);
  const figures = { edits: 0, broken: 0, 'fetches under way meanwhile': 0, 'bytes checked': 0 };
  const versions = { oldest: from, newest: from };
  let generation = from;
  let over = false;

  const phone = async (index: number) => {
    const names = [...site.filesOf(0).keys()];
    while (!over && daemon.ended() === undefined) {
      const path = names[Math.floor(random() * names.length)]!;
      // Whoever reads the disk does nothing else: phones wait while the daemon is busy with it.
      const way = index === 0 ? disk : ways[Math.floor(random() * ways.length)]!;
      const { oldest } = versions;
      const got = await way.get(target, { path, from: `127.2.0.${1 + index}` }).catch(String);
      if (over && typeof got === 'string' && daemon.ended() !== undefined) return;
      checkBytes(target, { findings, what: `${path} ${way.name}`, path, got, oldest, newest: versions.newest });
      figures['fetches under way meanwhile']++;
      figures['bytes checked'] += got.length;
    }
  };
  const load = Promise.all(Array.from({ length: phones }, (_, index) => phone(index)));

  try {
    for (let turn = 0; turn < edits && performance.now() < until; turn++) {
      const next = site.textOf(generation + 1);
      if (turn % 2 === 0) {
        const rejected = daemon.log.next(/ build rejected/);
        breakSite(site, next, turn / 2);
        await rejected;
        figures.broken++;
      } else {
        versions.newest = ++generation;
        const accepted = daemon.log.next(/ build accepted .* changed=[1-9]/);
        mendSite(site, next, (turn - 1) / 2);
        await accepted;
        versions.oldest = generation;
      }
      checkDisk(target, { findings, generation, when: `after edit ${turn + 1}` });
      figures.edits++;
    }
    if (figures.edits % 2 === 1) {
      versions.newest = ++generation;
      const accepted = daemon.log.next(/ build accepted/);
      mendSite(site, site.textOf(generation), 0);
      await accepted;
    }
  } catch (error) {
    findings.violate(String(error));
  }
  over = true;
  await load;
  await checkLast(target, findings, generation);
  checkDaemon(target, { findings, when: 'after all edits', borne: aboutTheEdit });
  return { ...findings.outcome(sentence, figures), generation };
}

interface Wanted {
  readonly path: string;
  readonly from: string;
}

/** How a file is taken. */
interface Way {
  readonly name: string;
  get(target: Target, wanted: Wanted): Promise<Buffer>;
}

const ways: readonly Way[] = [
  { name: 'over http', get: ({ daemon }, wanted) => fetch.http({ port: daemon.http, ...wanted }) },
  { name: 'over tftp', get: ({ daemon }, wanted) => fetch.tftp({ port: daemon.tftp, ...wanted }) },
];
/** As another server of the same folder would, or whoever makes a copy of it. */
const disk: Way = {
  name: 'from the disk',
  async get({ site }, { path }) {
    await sleep(1);
    return readFile(join(site.out, path));
  },
};

const aboutTheEdit = / (?:warn|error) (?:devices\.yml|templates\/)| error build rejected/;

interface Got {
  readonly findings: Findings;
  readonly what: string;
  readonly path: string;
  /** The bytes, or why there are none. */
  readonly got: Buffer | string;
  /** Generations that it may be of: from the one that was accepted before it was asked for, to the newest there is. */
  readonly oldest: number;
  readonly newest: number;
}

function checkBytes({ site }: Target, { findings, what, path, got, oldest, newest }: Got): void {
  if (typeof got === 'string') {
    findings.violate(`${what}: ${got}`);
    return;
  }
  const generation = site.generationOf(got) ?? newest;
  const wanted = site.filesOf(generation).get(path);
  if (wanted === undefined || !got.equals(wanted))
    findings.violate(
      `${what}: ${got.length} bytes that no build made: ${JSON.stringify(got.toString().slice(0, 200))}`,
    );
  else if (generation < oldest || generation > newest)
    findings.violate(`${what}: of generation ${generation}, while ${oldest} to ${newest} were there`);
}

/** What is in out/ is all of one generation, and nothing else is there. */
function checkDisk({ site }: Target, on: { findings: Findings; generation: number; when: string }): void {
  const { findings, generation, when } = on;
  const wanted = site.filesOf(generation);
  const there = readdirSync(site.out).filter((name) => !isBeside(name));
  for (const name of there)
    if (wanted.get(name)?.equals(readFileSync(join(site.out, name))) !== true)
      findings.violate(`${when}: out/${name} is not of generation ${generation}`);
  if (there.length !== wanted.size) findings.violate(`${when}: ${there.length} files in out/, wanted ${wanted.size}`);
}

async function checkLast(target: Target, findings: Findings, generation: number): Promise<void> {
  const { daemon, site } = target;
  if (daemon.ended() !== undefined) return;
  for (const [path, bytes] of site.filesOf(generation))
    for (const protocol of ['http', 'tftp'] as const) {
      const got = await fetch[protocol]({ port: daemon[protocol], path }).catch(String);
      if (typeof got === 'string' || !got.equals(bytes))
        findings.violate(`in the end ${path} over ${protocol} is not of the last edit`);
    }
}

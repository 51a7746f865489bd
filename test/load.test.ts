import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { isFatal } from '../src/problem.ts';
import { createProject, plainOf, problemsOf, renderAll, type TestProject } from './support/loading.ts';
import { type RandomSite, randomSite } from './support/random-site.ts';

const projects = [createProject(), createProject()] as const;
const [one, other] = projects;
beforeEach(() => {
  for (const project of projects) project.clear();
});
afterAll(() => {
  for (const project of projects) project[Symbol.dispose]();
});

async function vendors() {
  one.write('devices.yml', 'devices: []');
  return (await one.loader.load()).site.vendors;
}

const sites = randomSite(await vendors());

/** Every file of what the project says now, by name. */
async function bytesOf(project: TestProject): Promise<ReadonlyMap<string, string>> {
  const loaded = await project.loader.load();
  expect(problemsOf(loaded).filter(isFatal)).toEqual([]);
  return new Map(renderAll(loaded).files.map(({ path, bytes }) => [path, bytes.toString('latin1')]));
}

const sorted = (files: ReadonlyMap<string, string>) => [...files].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a site that has nothing wrong', () => {
  test('resolves, and every device is rendered', async () => {
    await fc.assert(
      fc.asyncProperty(sites, async (site) => {
        one.write('devices.yml', JSON.stringify(site));
        const files = await bytesOf(one);
        for (const { mac } of site.devices) expect([...files.keys()]).toContain(`${mac}.cfg`);
      }),
    );
  });

  test('gives the same bytes in whatever order and in however many files it is written', async () => {
    const order = fc.infiniteStream(fc.nat(1000));
    await fc.assert(
      fc.asyncProperty(sites, order, async (site, stream) => {
        one.write('devices.yml', JSON.stringify(site));
        other.clear();
        writeSplit(other, site, () => Number(stream.next().value));
        expect(sorted(await bytesOf(other))).toEqual(sorted(await bytesOf(one)));
      }),
      { numRuns: 50 },
    );
  });
});

/** A file of a project, as it is after an edit: a part of one site or of another, or something that has a fault. */
interface FileEdit {
  readonly file: number;
  readonly site: number;
  readonly what: 'people' | 'devices' | 'layers' | 'all' | 'nothing' | 'fault' | 'syntax' | 'duplicate';
}

function textOf({ what }: FileEdit, { groups, extensions, devices, defaults, sip }: RandomSite): string {
  const [first] = devices;
  if (what === 'people') return JSON.stringify({ extensions });
  if (what === 'devices') return JSON.stringify({ devices });
  if (what === 'layers') return JSON.stringify({ groups, defaults, sip });
  if (what === 'all') return JSON.stringify({ groups, extensions, devices, defaults, sip });
  if (what === 'fault')
    return JSON.stringify({ groups, devices: [{ ...first, mac: 'none' }, ...devices.slice(1)], x: 1 });
  if (what === 'duplicate') return JSON.stringify({ extensions, devices: [...devices, ...devices.slice(0, 1)] });
  return what === 'syntax' ? '{ devices: [' : 'notify:';
}

describe('a loader that has loaded before', () => {
  test('finds what one that begins anew finds, after whatever edits of whatever files', async () => {
    const whats = ['people', 'devices', 'layers', 'all', 'nothing', 'fault', 'syntax', 'duplicate'] as const;
    const edit = fc.record<FileEdit>({ file: fc.nat(3), site: fc.nat(1), what: fc.constantFrom(...whats) });
    await fc.assert(
      fc.asyncProperty(fc.tuple(sites, sites), fc.array(edit, { minLength: 2, maxLength: 12 }), async (both, edits) => {
        one.clear();
        one.write('devices.yml', 'include: ["*.part.yml"]\nserver: { address: pbx.example.com }\n');
        for (const index of [0, 1, 2, 3]) one.write(`${index}.part.yml`, 'notify:');
        await one.loader.load();
        for (const edit of edits) {
          one.write(`${edit.file}.part.yml`, textOf(edit, both[edit.site] ?? both[0]));
          await one.loader.load();
        }
        const { problems, site } = await one.loader.load();
        using fresh = createProject();
        fresh.copy(one.dir, '.');
        const anew = await fresh.loader.load();
        expect(problems).toEqual(anew.problems);
        expect(plainOf(site.devices)).toEqual(plainOf(anew.site.devices));
      }),
      { numRuns: 15 },
    );
  });
});

/** The same site as devices.yml and up to three files beside it, everything in another order. */
function writeSplit(project: TestProject, site: RandomSite, next: () => number): void {
  const shuffled = <Item>(items: readonly Item[]): Item[] =>
    items
      .map((item) => ({ item, rank: next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  const files = Array.from(
    { length: 1 + (next() % 3) },
    (): Record<string, Record<string, unknown> | unknown[]> => ({}),
  );
  const some = (): Record<string, Record<string, unknown> | unknown[]> => files[next() % files.length] ?? {};
  const { groups, extensions, devices, ...sections } = site;
  for (const [name, section] of shuffled(Object.entries(sections))) some()[name] = { ...section };
  for (const [name, map] of shuffled(Object.entries({ groups, extensions })))
    for (const [entry, value] of shuffled(Object.entries(map))) {
      const file = some();
      file[name] = Object.fromEntries([...Object.entries(file[name] ?? {}), [entry, value]]);
    }
  for (const device of shuffled(devices)) {
    const file = some();
    file.devices = [...Object.values(file.devices ?? []), device];
  }
  for (const [index, file] of files.entries()) project.write(`sites/${index}.yml`, JSON.stringify(file));
  const names = shuffled(files.map((_, index) => `sites/${index}.yml`));
  project.write('devices.yml', JSON.stringify({ include: next() % 2 === 0 ? ['sites/*.yml'] : names }));
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = 'src';

/** Every floor and its rooms; a room is a folder of `src/`, or a file in it. Imports only go down. */
const floors: readonly (readonly string[])[] = [
  ['problem.ts', 'log.ts', 'alive.ts', 'breath.ts', 'moment.ts', 'spool.ts', 'heap.ts', 'thread.ts', 'model'],
  ['render', 'sip', 'dhcp', 'tftp', 'rollout', 'findings', 'setup'],
  ['source', 'output', 'serving', 'notify', 'registry', 'pnp', 'webhooks', 'control', 'tr069', 'state', 'doctor'],
  ['api', 'web'],
  [
    'load.ts',
    'build.ts',
    'build-before.ts',
    'build-changes.ts',
    'build-hold.ts',
    'build-render.ts',
    'committing.ts',
    'earlier.ts',
    'keeping.ts',
    'pinning.ts',
    'preview.ts',
    'masked-diff.ts',
    'rollback',
    'dhcp-words.ts',
    'inquiry',
    'sandbox',
    'inquiring.ts',
    'acting.ts',
    'tell.ts',
    'editing',
    'telling.ts',
    'report-build.ts',
    'ways.ts',
    'whereabouts.ts',
    'plugging.ts',
    'sync-directory.ts',
    'syncing.ts',
    'approach.ts',
    'arrivals.ts',
    'front.ts',
    'announcing.ts',
    'answering.ts',
    'guarding.ts',
    'registering.ts',
    'revising.ts',
    'rebuilding.ts',
    'manifesting.ts',
    'rolling.ts',
    'wellness.ts',
    'explaining.ts',
    'reading.ts',
    'offered.ts',
    'offering.ts',
    'own-port.ts',
    'known.ts',
    'examination',
    'surroundings.ts',
    'founding.ts',
    'serve.ts',
    'replica.ts',
  ],
  ['commands', 'command-line.ts', 'main.ts'],
];

/** Files of one floor that are one thing in several files, and may use each other. */
const together: ReadonlySet<number> = new Set([0, 4, 5]);

/** The one file or room that each third-party package comes in by. */
const doors: Readonly<Record<string, string>> = {
  '@clack/prompts': 'commands/prompts.ts',
  '@fastify/cors': 'api',
  '@fastify/helmet': 'api',
  '@fastify/rate-limit': 'api',
  '@fastify/swagger': 'api',
  '@fastify/swagger-ui': 'api',
  '@fastify/websocket': 'api',
  'age-encryption': 'source/secrets',
  ajv: 'source/schema.ts',
  chokidar: 'source/watch.ts',
  'cli-progress': 'commands/progress.ts',
  'csv-parse': 'source/people/csv.ts',
  diff: 'masked-diff.ts',
  'fastest-levenshtein': 'model/nearest.ts',
  fastify: 'api',
  jose: 'api',
  'js-yaml': 'source/yaml.ts',
  ldapts: 'source/people/ldap',
  'node:ffi': 'serving/tftp/libc.ts',
  'node:sqlite': 'state/database.ts',
  nunjucks: 'render/engine.ts',
  'prom-client': 'state',
  'serve-handler': 'serving/http/other-file.ts',
  yargs: 'command-line.ts',
};

const worldly = ['node:fs', 'node:net', 'node:dgram', 'node:http', 'node:child_process', 'node:timers'];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && statSync(join(src, name)).isFile())
  .map((name) => name.replaceAll('\\', '/'));
const text = (file: string) => readFileSync(join(src, file), 'utf8');
const imports = files.flatMap((from) =>
  [
    ...text(from).matchAll(
      /^(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
    ),
  ].map((match): Import => ({ from, to: resolveImport(from, match[1] ?? match[2] ?? match[3] ?? '') })),
);

function resolveImport(from: string, to: string): string {
  return to.startsWith('.') ? relative(src, join(src, from, '..', to)).replaceAll('\\', '/') : to;
}

const isOurs = (name: string) => name.endsWith('.ts') && !name.startsWith('node:');
const roomOf = (file: string) => file.split('/')[0] ?? file;
const floorOf = (file: string) => floors.findIndex((rooms) => rooms.includes(roomOf(file)));
const show = ({ from, to }: Import) => `${from} imports ${to}`;

describe('the house', () => {
  it('has a floor for every room', () => {
    expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
  });

  it('lets imports go down only, never up and never into another room of the same floor', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!isOurs(to) || roomOf(from) === roomOf(to)) return false;
      const [above, below] = [floorOf(from), floorOf(to)];
      return below > above || (below === above && !together.has(above));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('has no circle of imports', () => {
    const next = Map.groupBy(
      imports.filter(({ to }) => isOurs(to)),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) {
        for (const { to } of next.get(file) ?? []) visit(to, [...way, file]);
        done.add(file);
      }
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('lets every third-party package in by one door', () => {
    const ofNode = (to: string) => to.startsWith('node:');
    const packages = imports.filter(({ to }) => !isOurs(to) && (!ofNode(to) || to in doors));
    const nameOf = (to: string) =>
      to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : (to.split('/')[0] ?? to);
    const wrong = packages.filter(({ from, to }) => {
      const door = doors[ofNode(to) ? to : nameOf(to)];
      return door === undefined || (from !== door && !from.startsWith(`${door}/`));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('uses every package that package.json lists', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(
      Object.keys(doors)
        .filter((name) => !name.startsWith('node:'))
        .sort(),
    ).toEqual(Object.keys(dependencies).sort());
  });

  it('keeps the pure rooms pure', () => {
    const pure = imports.filter(({ from }) =>
      ['model', 'render', 'sip', 'dhcp', 'tftp', 'findings'].includes(roomOf(from)),
    );
    const wrong = pure.filter(({ to }) => worldly.some((name) => to === name || to.startsWith(`${name}/`)));
    expect(wrong.map(show)).toEqual([]);
  });

  it('names no vendor', () => {
    const vendors = readdirSync('templates').filter((name) => !name.startsWith('_'));
    const named = files.flatMap((file) =>
      vendors.filter((vendor) => text(file).toLowerCase().includes(vendor)).map((vendor) => `${file} names ${vendor}`),
    );
    expect(named).toEqual([]);
  });

  it('exits the process in one place', () => {
    expect(files.filter((file) => /process\.exit\b/.test(text(file)))).toEqual(['main.ts']);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { formatProblems, problemFormats } from '../src/commands/format-problems.ts';
import { isFatal } from '../src/problem.ts';
import { applyEdit, type Edit, edit } from './support/edits.ts';
import { createProject, problemsOf, renderAll, repository } from './support/loading.ts';

const mark = 'hunter2Geheim';
const project = createProject({ EXT_1001: mark, EXT_1002: `${mark}\n${mark}` });
afterAll(() => project[Symbol.dispose]());
beforeEach(() => project.clear());

/** The lines of all that `offhook check` prints, in every form, that show the password. */
async function leaks(): Promise<string[]> {
  const problems = problemsOf(await project.loader.load());
  const text = problemFormats.map((format) => formatProblems(problems, format)).join('');
  return text.split('\n').filter((line) => line.includes(mark));
}

/** What somebody may write for a password, rightly and wrongly, in flow style; MARK is the password. */
const right = ['MARK', '"MARK"', "'MARK'", 'MARK #x', '-MARK', 'MARK"', '{ env: EXT_1001 }', '{ file: secret }'];
const wrong = [
  ...['"MARK\\n"', '"\\u0007MARK"', '"\\qMARK"', 'MARK: x', 'x: MARK', '"MARK\\u2028"', '\tMARK', '••••••••'],
  ...['*MARK', '&MARK', '!MARK', '!MARK x', '!<MARK> x', '!!binary MARK', '@MARK', '%MARK', '`MARK', '|MARK', '>MARK'],
  ...['"MARK', "'MARK", '[MARK]', '[[MARK]]', '{MARK}', '{MARK: x}', '{password: MARK}', '{value: MARK}', '? MARK'],
  ...['{env: "MARK!"}', '{env: [MARK]}', '{file: {MARK: MARK}}', '{ env: EXT_1002 }', '{ file: two-lines }', ''],
  ...[
    'MARK, MARK',
    'x, MARK',
    'x,MARK',
    'MARK, y: z',
    '"x", MARK',
    '<<: MARK',
    '{<<: MARK}',
    '- MARK',
    'MARK}',
    'MARK]',
  ],
];
const writings = [...right, ...wrong].map((writing) => writing.replaceAll('MARK', mark));
const names = [
  ...['password', 'admin_password', 'user_password', '"password"', 'Password', 'password ', 'pasword', 'passwd'],
  ...['pass', 'secret', 'pin', 'admin_pasword', 'token', 'bootstrap_token', 'tokne'],
];

interface Written {
  readonly name: string;
  readonly value: string;
}

/** Every value with the usual name, and every name with the usual value. */
const combinations: readonly Written[] = [
  ...writings.map((value) => ({ name: 'password', value })),
  ...names.map((name) => ({ name, value: mark })),
];

/** A site in pieces; every second one is the password with its name, which no edit touches. */
type Pieces = readonly string[];

const flow = ({ name, value }: Written): Pieces => {
  const entry = `${name}: ${value}`;
  return [
    'server: { address: 192.0.2.1 }\nsip: { server: pbx.example.com }\ndefaults: { language: de, ',
    ...[entry, ' }\nmodels: { yealink/t46s: { ', entry, ' } }\ngroups: { sales: { time_format: 12, ', entry],
    ...[', web: https } }\nextensions:\n  "1001": { name: Ada Lovelace, ', entry, ' }\n  "1002": { ', entry],
    ', voicemail: "*97", name: Grace Hopper }\ndevices:\n  - { mac: 001565000001, vendor: yealink, model: t46s, ',
    ...[entry, ', extension: "1001", group: sales }\n  - { mac: 001565000002, vendor: yealink, model: t46s, '],
    ...['', 'lines: [{ extension: "1001" }, { extension: "1002" }] }\n'],
  ];
};

const block = ({ name, value }: Written): Pieces => {
  const entry = `${name}: ${value}`;
  return [
    'server:\n  address: 192.0.2.1\nsip: { server: pbx.example.com }\nextensions:\n  "1001":\n    name: Ada\n    ',
    ...[entry, '\n    voicemail: "*97"\n  ', `"1002": ${value}`, '\ngroups:\n  sales:\n    ', entry],
    '\ndevices:\n  - mac: 001565000001\n    vendor: yealink\n    model: t46s\n    extension: "1001"\n    ',
    ...[entry, '\n'],
  ];
};

const misplaced = ({ name, value }: Written): Pieces => {
  const entry = `${name}: ${value}`;
  return [
    ...['server: { address: 192.0.2.1, ', entry, ' }\nsip: { server: pbx.example.com, ', entry, ' }\n', entry],
    ...['\naccess: { ', entry, ', credentials: { user: ada, ', entry, ' } }'],
    ...['\nnotify: { ', entry, ' }\nextensions: { "1001": { name: Ada, password: { ', entry, ' } } }\ndevices:\n'],
    ...['', '  - { mac: 001565000001, vendor: yealink, model: t46s, lines: [{ extension: "1001", ', entry],
    ...[' }], keys: [{ type: dnd, ', entry, ' }] }\n'],
  ];
};

/** Writes a site whose pieces around the passwords were edited. */
function write(pieces: Pieces, edits: readonly Edit[] = []): void {
  const mine = (index: number) => edits.filter(({ at }) => (at % pieces.length) - (at % 2) === index);
  const broken = pieces.map((piece, index) => mine(index).reduce(applyEdit, Buffer.from(piece)));
  project.write('devices.yml', Buffer.concat(broken));
  project.write('secret', mark);
  project.write('two-lines', `${mark}\n${mark}`);
}

describe('a password is in no message', () => {
  test.each([
    ['in flow style', flow],
    ['in block style', block],
    ['where none belongs', misplaced],
  ])('however it is written %s', async (_, site) => {
    for (const { name, value } of combinations) {
      write(site({ name, value }));
      expect({ name, value, leaks: await leaks() }).toEqual({ name, value, leaks: [] });
    }
  });

  test('however the file around it is broken', async () => {
    const written = fc.record({ name: fc.constantFrom(...names), value: fc.constantFrom(...writings) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(flow, block, misplaced),
        written,
        fc.array(edit, { maxLength: 3 }),
        async (site, one, edits) => {
          write(site(one), edits);
          expect(await leaks()).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('when it is kept in files, whatever they hold and however the example is broken', async () => {
    const example = readFileSync(join(repository, 'devices.yml'));
    const content = fc.constantFrom(mark, `${mark}\n${mark}`, `\u0007${mark}`, `${mark}\u2028`, `\n${mark}`);
    await fc.assert(
      fc.asyncProperty(content, fc.array(edit, { maxLength: 2 }), async (text, edits) => {
        for (const name of ['1001', '1002', '1003', '1004', 'admin']) project.write(`example/secrets/${name}`, text);
        project.write('devices.yml', edits.reduce(applyEdit, example));
        expect(await leaks()).toEqual([]);
      }),
    );
  });

  test('and every wrong writing of it is refused all the same', async () => {
    for (const writing of wrong) {
      write(flow({ name: 'password', value: writing.replaceAll('MARK', mark) }));
      const { problems } = await project.loader.load();
      expect({ writing, refused: problems.some(isFatal) }).toEqual({ writing, refused: true });
    }
  });

  test('though it is in the files of the phones', async () => {
    for (const writing of right.filter((text) => text.startsWith('{') || text === 'MARK')) {
      const [head, password = '', ...rest] = block({ name: 'password', value: writing.replaceAll('MARK', mark) });
      // The entry of 1001 as it is, and no password where none belongs.
      write([head ?? '', password, rest[0] ?? '', '', rest[4] ?? '']);
      const loaded = await project.loader.load();
      expect({ writing, problems: loaded.problems }).toEqual({ writing, problems: [] });
      expect(renderAll(loaded).files.some(({ bytes }) => bytes.includes(mark))).toBe(true);
    }
  });
});

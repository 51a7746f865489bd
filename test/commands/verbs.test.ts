import { expect, test } from 'vitest';
import { readCommandLine } from '../../src/command-line.ts';
import { families, firstWords, verbs } from '../../src/commands/verbs/table.ts';
import { recordedConsole } from '../support/console.ts';
import { offhook } from '../support/offhook.ts';

test('the help lists every verb of the table, and no other', async () => {
  const { code, out } = await offhook(['--help']);
  expect(code).toBe(0);
  const listed = [...out.matchAll(/^ {2}offhook ([\w-]+)/gm)].map(([, verb]) => verb);
  expect(listed.toSorted()).toEqual(firstWords.toSorted());
});

test.each(verbs.map((verb) => [verb.name, verb] as const))(
  'offhook %s has examples, and a meaning for 0 and 1',
  (name, verb) => {
    expect(verb.does).toMatch(/^[A-Z].*[^.]$/);
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const { line, does } of verb.examples) {
      expect(`${line} `.startsWith(`${name} `)).toBe(true);
      expect(does).toMatch(/\S/);
    }
    expect(Object.keys(verb.exits)).toEqual(expect.arrayContaining(['0', '1']));
    const described = [...Object.values(verb.flags ?? {}), ...Object.values(verb.arguments ?? {})];
    for (const { describe } of described) expect(describe ?? 'as the verb says').toMatch(/\S/);
  },
);

/** Only read: what would run is not run. */
test.each(verbs.flatMap(({ examples }) => examples.map(({ line }) => [line])))(
  'the example is understood: offhook %s',
  async (line) => {
    await expect(readCommandLine(line.split(' '), recordedConsole())).resolves.toBeTypeOf('function');
  },
);

test('a first word of two is a family, and has more than one verb', () => {
  const firsts = verbs.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]!] : []));
  expect(Object.keys(families).toSorted()).toEqual([...new Set(firsts)].toSorted());
});

/** What changes something, or prints what is no list of facts. */
const writing =
  /^(?:build|serve|dhcp|init|setup|completion|man|rollback|rollout .*|secret .*|token (?:create|revoke)|webhook .*)$/;

test.each(verbs.filter(({ name }) => !writing.test(name)).map((verb) => [verb.name, verb] as const))(
  'offhook %s says the same for a machine',
  (_, { flags }) => {
    expect(flags?.format?.choices).toContain('json');
    expect(flags?.format?.default).toBe('text');
  },
);

import { describe, expect, test } from 'vitest';
import { usageSentence } from '../../src/commands/usage.ts';
import { offhook } from '../support/offhook.ts';
import { createProject, siteOf } from '../support/project.ts';

describe('a command line that is not understood is a sentence, exits with 1 and does nothing', () => {
  const lines: readonly (readonly [string, RegExp])[] = [
    ['', /^offhook: wanted a verb: check, plan, build, /],
    ['chek', /^offhook: there is no verb "chek"; did you mean "check"\?$/],
    ['check --fromat json', /^offhook: check does not know --fromat; see offhook check --help$/],
    ['check --format xml', /^offhook: --format is "xml"; wanted one of text, json, github, sarif$/],
    ['check --format json --format text', /^offhook: --format is given twice$/],
    ['build --project', /^offhook: --project has no value; see offhook build --help$/],
    ['serve --http-port http', /^offhook: --http-port is "http"; wanted a port, 1 to 65535, or 0 for any$/],
    ['notify', /^offhook: wanted a MAC, an extension, a group, or --all$/],
    ['notify 1001 --wait forever', /^offhook: --wait is "forever"; wanted seconds/],
    ['fetches --since yesterday', /^offhook: "yesterday" is no time; wanted 15m, 2h, 3d, or a date such as /],
    ['fetches --since -5', /^offhook: "-5" is no time; wanted 15m/],
    ['unknown --since 2026-02-31', /^offhook: "2026-02-31" is no time; wanted 15m/],
    ['dhcp nope', /^offhook: dhcp does not know "nope"; wanted one of isc, kea, dnsmasq, mikrotik, windows$/],
    ['build --project /nowhere', /^offhook: there is no folder \/nowhere; wanted the one with devices\.yml in it/],
    ['plan --project /', /^offhook: there is no devices\.yml in \/; wanted the folder of a project .*`offhook init`/],
    ['serve --project /dev/null', /^offhook: \/dev\/null is no folder; /],
  ];

  test.each(lines)('offhook %s', async (line, sentence) => {
    const { code, out, err } = await offhook(line.split(' ').filter(Boolean), { cwd: createProject('').dir });
    expect([code, out]).toEqual([1, '']);
    expect(err.trimEnd()).toMatch(sentence);
  });
});

test('every verb of the help is known to the sentences', async () => {
  const { code, out } = await offhook(['--help']);
  expect(code).toBe(0);
  const verbs = [...out.matchAll(/^ {2}offhook (\w+)/gm)].map(([, verb]) => verb);
  expect(verbs.length).toBeGreaterThan(7);
  for (const verb of verbs) expect(usageSentence('wanted a verb', [])).toContain(` ${verb}`);
});

test('an answer that finds no room on its disk is no answer', async () => {
  const { code, err } = await offhook(['man'], { through: ['sh', '-c', 'exec "$@" > /dev/full', 'sh'] });
  expect([code, err]).toEqual([1, 'offhook: standard output cannot be written: ENOSPC\n']);
});

test('who reads no further than the head ends it without a trace', async () => {
  const project = createProject(siteOf(Array.from({ length: 3000 }, () => ({ port: 5060 }))));
  const { out, err } = await offhook(['plan', '--project', project.dir], {
    through: ['sh', '-c', 'exec 2>&1; "$@" | head -1', 'sh'],
  });
  expect(out).toMatch(/^[^\n]*\n$/);
  expect(err).toBe('');
});

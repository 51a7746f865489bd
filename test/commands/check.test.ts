import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { check as runCheck } from '../../src/commands/check.ts';
import type { ProblemFormat } from '../../src/commands/format-problems.ts';
import { problemCodes } from '../../src/problem.ts';
import { recordedConsole } from '../support/console.ts';
import { offhook } from '../support/offhook.ts';
import { createProject, type Project, shipped, siteOf } from '../support/project.ts';

const two = siteOf([{ port: 5060 }, { port: 5061 }]);
const check = (dir: string, ...more: string[]) => offhook(['check', '--project', dir, ...more]);

/** In this process, which saves a start for each format. */
async function checkHere({ dir }: Project, format: ProblemFormat): Promise<string> {
  const console = recordedConsole();
  await runCheck({ dir, shipped, format, withoutSecrets: false }, console);
  return console.stdout();
}

describe('offhook check', () => {
  test('of a good project says so and exits with 0', async () => {
    expect(await check(createProject(two).dir)).toEqual({ code: 0, out: '', err: '2 devices: no faults\n' });
  });

  test('lists every fault of every file at once, as file:line:column, and exits with 1', async () => {
    const project = createProject(
      `include: [people.yml]\n${two.replace('model: a1', 'model: a11').replace('extension: "1002"', 'extension: "1003"')}`,
      { 'people.yml': 'extensions:\n  "2001": { name: Ada, passwort: x }\n' },
    );
    project.edit('templates/acme/mac.cfg.njk', '{{ line.name }}', '{{ line.nmae }}');
    const { code, out, err } = await check(project.dir);
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^devices\.yml:\d+:\d+ unknown model "a11"; did you mean "a1"\?$/),
      expect.stringMatching(/^devices\.yml:\d+:\d+ there is no extension "1003"; did you mean "1001"\?$|1002/),
      expect.stringMatching(
        /^people\.yml:2:\d+ unknown key "passwort" in extensions\.2001; did you mean "password"\?$/,
      ),
      '',
    ]);
    expect(err).toBe('2 devices: 3 faults\n');
  });

  test('renders everything in memory: a template that fails is found, and nothing is written', async () => {
    const project = createProject(two);
    project.edit('templates/acme/mac.cfg.njk', '{{ line.name }}', '{{ line.nmae }}');
    const { code, out } = await check(project.dir);
    expect(code).toBe(1);
    expect(out).toMatch(/acme\/mac\.cfg\.njk:3:\d+ .*\(for 020000000001 and 1 more\)\n$/);
    expect(() => project.outText('acme.cfg')).toThrow(/ENOENT/);
  });

  test('--without-secrets takes references for their form', async () => {
    const project = createProject(
      two.replace('secret-of-1001', '{ env: EXT_1001 }').replace('secret-of-1002', '{ file: secrets/1002 }'),
    );
    const [bare, without, given] = await Promise.all([
      check(project.dir),
      check(project.dir, '--without-secrets'),
      offhook(['check', '--project', project.dir], { env: { EXT_1001: 'kW3-fjx9Lq-pz' } }),
    ]);
    expect(bare.code).toBe(1);
    expect(bare.out).toMatch(/^devices\.yml:\d+:\d+ environment variable EXT_1001 is not set; wanted a password\n/);
    expect(bare.out).toMatch(/\ndevices\.yml:\d+:\d+ file secrets\/1002 is not there; wanted a password\n$/);
    expect(without).toMatchObject({ code: 0, out: '' });
    expect(given.out.trim().split('\n')).toHaveLength(1);
  });

  test('tells a machine: JSON, GitHub and SARIF', async () => {
    const project = createProject(`include: ["sites/*.yml"]\n${two.replace('model: a1', 'model: a11')}`, {
      'sites/süd, 100%.yml': two.slice(two.indexOf('extensions:'), two.indexOf('devices:')),
    });
    const github = (await check(project.dir, '--format', 'github')).out;
    const [json, sarif] = [await checkHere(project, 'json'), await checkHere(project, 'sarif')];
    const { problems } = JSON.parse(json);
    expect(problems).toHaveLength(3);
    expect(problems[0]).toEqual({
      ...{ file: 'devices.yml', line: expect.any(Number), column: expect.any(Number) },
      ...{ code: 'unknown-model', severity: 'error', message: expect.stringContaining('a11') },
    });
    expect(github.trim().split('\n')).toEqual([
      expect.stringMatching(/^::error file=devices\.yml,line=\d+,col=\d+,title=unknown-model::unknown model "a11"/),
      expect.stringMatching(/^::error file=sites\/süd%2C 100%25\.yml,line=2,col=\d+,title=duplicate-extension::/),
      expect.stringMatching(/^::error file=sites\/süd%2C 100%25\.yml,line=3,/),
    ]);
    const log = JSON.parse(sarif);
    const validate = new Ajv({ strict: false, allErrors: true }).compile(sarifSchema);
    expect(validate(log) ? [] : validate.errors).toEqual([]);
    const [{ tool, results }] = log.runs;
    const rules = tool.driver.rules.map(({ id }: { id: string }) => id);
    expect(rules).toEqual(Object.keys(problemCodes));
    for (const { ruleId } of results) expect(rules).toContain(ruleId);
    expect(results[1].locations[0].physicalLocation.artifactLocation.uri).toBe('sites/s%C3%BCd,%20100%25.yml');
    expect(results[1].relatedLocations).toHaveLength(1);
  });

  test('of a project without faults is valid for a machine, too', async () => {
    const project = createProject(two);
    expect(JSON.parse(await checkHere(project, 'json'))).toEqual({ problems: [] });
    expect(JSON.parse(await checkHere(project, 'sarif')).runs[0].results).toEqual([]);
    expect(await checkHere(project, 'github')).toBe('');
  });
});

/** What the schema of SARIF 2.1.0 says of the parts that are used here: required properties, and no other. */
const message = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: { text: { type: 'string', minLength: 1 } },
};
const location = {
  type: 'object',
  additionalProperties: false,
  properties: {
    physicalLocation: {
      type: 'object',
      required: ['artifactLocation'],
      additionalProperties: false,
      properties: {
        artifactLocation: {
          type: 'object',
          additionalProperties: false,
          properties: { uri: { type: 'string', pattern: '^[^ ]+$' } },
        },
        region: {
          type: 'object',
          additionalProperties: false,
          properties: { startLine: { type: 'integer', minimum: 1 }, startColumn: { type: 'integer', minimum: 1 } },
        },
      },
    },
  },
};
const sarifSchema = {
  type: 'object',
  required: ['version', 'runs'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    version: { enum: ['2.1.0'] },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool'],
        additionalProperties: false,
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            additionalProperties: false,
            properties: {
              driver: {
                type: 'object',
                required: ['name'],
                additionalProperties: false,
                properties: {
                  name: { type: 'string' },
                  informationUri: { type: 'string' },
                  version: { type: 'string' },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      required: ['id'],
                      additionalProperties: false,
                      properties: { id: { type: 'string' }, shortDescription: message },
                    },
                  },
                },
              },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message'],
              additionalProperties: false,
              properties: {
                ruleId: { type: 'string' },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                message,
                locations: { type: 'array', items: location },
                relatedLocations: { type: 'array', uniqueItems: true, items: location },
              },
            },
          },
        },
      },
    },
  },
};

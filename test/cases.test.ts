import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatProblems } from '../src/commands/format-problems.ts';
import { createProject, plainOf, problemsOf } from './support/loading.ts';

/*
 * A case is a folder whose name is the sentence: a project, and in expected.json what becomes of it. Of the site only
 * what is of interest stands there (but lists as a whole); `problems` are lines as `offhook check` prints them, none
 * unless it says so. Passwords read `secret:` and the text.
 */
const folder = join(import.meta.dirname, 'cases');
const project = createProject({ EXT_1001: 'from-the-environment' });
afterAll(() => project[Symbol.dispose]());

describe('devices.yml', () => {
  test.each(readdirSync(folder).map((name) => [name.replaceAll('-', ' '), name] as const))('%s', async (_, name) => {
    project.clear();
    project.copy(join(folder, name), '.');
    const { problems: lines = [], ...site } = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8'));
    const loaded = await project.loader.load();
    expect(formatProblems(problemsOf(loaded), 'text').split('\n').slice(0, -1)).toEqual(lines);
    expect(plainOf(loaded.site)).toMatchObject(site);
  });
});

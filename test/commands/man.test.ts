import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualPage, verbsInMarkdown } from '../../src/commands/man.ts';
import { verbs } from '../../src/commands/verbs/table.ts';
import { offhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';

const run = promisify(execFile);
const mandoc = peer('mandoc', 'mandoc');

function pageFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-man-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'offhook.1'), manualPage());
  return join(dir, 'offhook.1');
}

describe.skipIf(mandoc.missing)(`the manual page (${mandoc.sentence})`, () => {
  test('is nothing that mandoc finds fault with', async () => {
    const found = await run('mandoc', ['-T', 'lint', '-W', 'style', pageFile()]).catch((error) => error);
    expect(found.stdout).toBe('');
  });

  test('shows every verb with its flags, examples and exit codes', async () => {
    const { stdout } = await run('mandoc', ['-T', 'ascii', '-O', 'width=900', pageFile()]);
    const text = stdout.replace(/.\x08/g, '').replace(/\s+/g, ' ');
    for (const { name, flags = {}, examples, exits } of verbs) {
      for (const flag of Object.keys(flags)) expect(text).toContain(`--${flag}`);
      for (const { line } of examples) expect(text).toContain(`offhook ${line}`);
      for (const code of Object.keys(exits)) expect(text).toContain(`${name} ${code} `);
    }
  });
});

test('docs/verbs.md is what the table says; `offhook man --format markdown > docs/verbs.md` writes it anew', async () => {
  expect(readFileSync(resolve(import.meta.dirname, '../../docs/verbs.md'), 'utf8')).toBe(verbsInMarkdown());
  expect(await offhook(['man', '--format', 'markdown'])).toMatchObject({ code: 0, out: verbsInMarkdown() });
});

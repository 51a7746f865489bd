import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog, type Log } from '../../src/log.ts';

/** A state folder of the test's own, not made yet. */
export function stateFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'offhook-state-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'state');
}

/** A log whose lines, without their time, can be looked at. */
export function linesLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: createLog((line) => lines.push(line.trimEnd().replace(/^\S+ /, ''))), lines };
}

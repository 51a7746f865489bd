#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { wantsColors } from './commands/colors.ts';
import type { Console } from './commands/command.ts';
import { createLines } from './commands/lines.ts';
import { createLog } from './log.ts';

// The process: its streams, its signals, its end. The only process.exit of the program.

/**
 * What was compiled once need not be compiled at each start. Not in a folder that others may write: it is code. Made step by
 * step, since Node tries for ever to make folders where there can be none, as in /proc.
 */
function keepCompiled({ XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv): void {
  const caches = XDG_CACHE_HOME ?? (HOME ? join(HOME, '.cache') : undefined);
  if (caches === undefined) return;
  try {
    for (const folder of [caches, join(caches, 'offhook')]) if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    enableCompileCache(join(caches, 'offhook'));
  } catch {
    // Then it is compiled each time.
  }
}

keepCompiled(process.env);

const writeError = (text: string) => void process.stderr.write(text);
const lines = createLines(writeError);
// Also when it ends by what nobody caught.
process.on('exit', lines.flush);

const console_: Console = {
  out: (text) => void process.stdout.write(text),
  err(text) {
    lines.flush();
    writeError(text);
  },
  isTerminal: process.stderr.isTTY === true,
  isColored: wantsColors(process.stdout.isTTY === true, process.env),
  log: createLog(lines.add),
  onStop() {
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
    return stop.signal;
  },
};

/** Output to a pipe may still be on its way; what could not be written is told first. */
function exit(code: number): void {
  lines.flush();
  process.exitCode = code;
  process.stdout.write('', () => setImmediate(() => process.stderr.write('', () => process.exit())));
}

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever read the answer had enough of it (`| head`).
  if (code === 'EPIPE') process.exit(process.exitCode ?? 1);
  console_.err(`offhook: standard output cannot be written: ${code ?? message}\n`);
  process.stderr.write('', () => process.exit(1));
});
// Phones are served whether or not anybody reads the log.
process.stderr.on('error', () => {});

/** What a verb throws is a sentence for people. */
try {
  // Loaded here, so that what it brings comes out of the cache.
  const words = process.argv.slice(2);
  const { offered, shellAsks } = await import('./commands/offered.ts');
  const asked = shellAsks(words);
  if (asked) {
    // Somebody at a Tab waits: the command line would take longer to load than this takes altogether.
    const { placeOf } = await import('./commands/place.ts');
    const { shipped } = await import('./commands/shipped.ts');
    console_.out(await offered({ ...placeOf(asked, shipped, process.env), ...asked }));
    exit(0);
  } else {
    const { readCommandLine } = await import('./command-line.ts');
    const run = await readCommandLine(words, console_);
    exit(await run());
  }
} catch (error) {
  console_.err(`offhook: ${error instanceof Error ? error.message : String(error)}\n`);
  exit(1);
}

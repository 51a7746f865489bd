#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { build } from './commands/build.ts';
import { check } from './commands/check.ts';
import type { Console } from './commands/command.ts';
import { explain } from './commands/explain.ts';
import { fetches } from './commands/fetches.ts';
import { type PlanFormat, planFormats } from './commands/format-plan.ts';
import { type ProblemFormat, problemFormats } from './commands/format-problems.ts';
import { init } from './commands/init.ts';
import { notify } from './commands/notify.ts';
import { plan } from './commands/plan.ts';
import { serve } from './commands/serve.ts';
import { createLog } from './log.ts';

// The command line: which verb, with which arguments. The only process.exit of the program.

const folder = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const shipped = { schema: folder('schema'), templates: folder('templates') };

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

const console_: Console = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  log: createLog((line) => void process.stderr.write(line)),
  stopped: stop.signal,
};

/** Runs a verb and ends with its code; what it throws is a sentence for people. */
function end(verb: Promise<number>): Promise<void> {
  return verb.then(
    (code) => exit(code),
    (error: unknown) => {
      console_.err(`offhook: ${error instanceof Error ? error.message : String(error)}\n`);
      exit(1);
    },
  );
}

/** Output to a pipe may still be on its way. */
function exit(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

const withoutSecrets = {
  type: 'boolean',
  default: false,
  describe: 'References to passwords are checked for their form and stand as placeholders',
} as const;
const out = { type: 'string', describe: 'Folder that is written and served  [PROJECT/out]' } as const;

const cli: Argv = yargs(hideBin(process.argv))
  .scriptName('offhook')
  .usage('$0 <verb>\n\nProvisions desk phones: devices.yml in, files served, changed phones notified.')
  .option('project', { type: 'string', default: '.', describe: 'Folder of devices.yml', global: true })
  .command(
    'check',
    'List every fault of the project at once',
    (y) =>
      y
        .option('format', { choices: problemFormats, default: 'text' as ProblemFormat })
        .option('without-secrets', withoutSecrets),
    (a) =>
      end(check({ dir: a.project as string, shipped, format: a.format, withoutSecrets: a.withoutSecrets }, console_)),
  )
  .command(
    'plan',
    'Show what a build would change: 0 nothing, 2 something, 1 faults',
    (y) =>
      y
        .option('format', { choices: planFormats, default: 'text' as PlanFormat })
        .option('against', {
          type: 'string',
          describe: 'A commit, a project or an out/ to hold it against  [PROJECT/out]',
        })
        .option('out', out)
        .option('without-secrets', withoutSecrets),
    (a) => end(plan({ ...a, dir: a.project as string, shipped }, console_)),
  )
  .command(
    'build',
    'Render into out/',
    (y) => y.option('out', out),
    (a) => end(build({ dir: a.project as string, shipped, out: a.out }, console_)),
  )
  .command(
    'serve',
    'Build, then serve, watch and notify',
    (y) =>
      y
        .option('http-port', { type: 'number', default: 8080 })
        .option('tftp-port', { type: 'number', default: 6969 })
        .option('host', { type: 'string', default: '0.0.0.0', describe: 'Address to listen on' })
        .option('out', out)
        .option('notify', {
          type: 'boolean',
          default: true,
          describe: 'Notify devices whose bytes changed (--no-notify)',
        }),
    (a) => end(serve({ ...a, dir: a.project as string, shipped }, console_)),
  )
  .command(
    'notify [targets..]',
    'Send a NOTIFY to devices, by MAC, extension or group',
    (y) =>
      y
        .positional('targets', { type: 'string', array: true, default: [] })
        .option('reboot', { type: 'boolean', default: false, describe: 'Reboot, instead of fetching again' })
        .option('all', { type: 'boolean', default: false, describe: 'Every device' })
        .check(({ targets, all }) => all || targets.length > 0 || 'wanted a MAC, an extension, a group, or --all'),
    (a) => end(notify({ ...a, dir: a.project as string, shipped }, console_)),
  )
  .command(
    'explain <device> [setting]',
    'Show where the values of a device come from',
    (y) =>
      y
        .positional('device', { type: 'string', demandOption: true, describe: 'MAC, extension or group' })
        .positional('setting', { type: 'string', describe: 'Such as timezone, sip.server or lines.1.name' }),
    (a) => end(explain({ ...a, dir: a.project as string, shipped }, console_)),
  )
  .command(
    'fetches',
    'Show what devices fetched',
    (y) =>
      y
        .option('device', { type: 'string', describe: 'MAC' })
        .option('since', { type: 'string', describe: '15m, 2h, 3d, or a date and time' })
        .option('follow', { type: 'boolean', default: false, describe: 'Go on with what comes' })
        .option('limit', { type: 'number', default: 100, describe: 'The last so many' })
        .option('format', { choices: ['text', 'json'] as const, default: 'text' as const }),
    (a) => end(fetches({ ...a, dir: a.project as string }, console_)),
  )
  .command(
    'init',
    'Write a small devices.yml and a CI workflow into a folder',
    (y) => y.option('ci', { choices: ['github', 'gitlab'] as const, default: 'github' as const }),
    (a) => end(init({ dir: a.project as string, starter: folder('starter'), ci: a.ci }, console_)),
  )
  .demandCommand(1, 'wanted a verb')
  .strict()
  .fail((message, error) => {
    console_.err(`offhook: ${message ?? error.message}\n`);
    exit(1);
  });

await cli.parseAsync();

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { build } from './commands/build.ts';
import { check } from './commands/check.ts';
import type { Console } from './commands/command.ts';
import { explain } from './commands/explain.ts';
import { fetches } from './commands/fetches.ts';
import { type PlanFormat, planFormats } from './commands/format-plan.ts';
import { type ProblemFormat, problemFormats } from './commands/format-problems.ts';
import { type StatusFormat, statusFormats } from './commands/format-status.ts';
import { type SyncFormat, syncFormats } from './commands/format-sync.ts';
import { readHidden } from './commands/hidden-input.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { notify } from './commands/notify.ts';
import { countOf, durationOf, portOf, portsOf, secondsOf, switchOf, workersOf } from './commands/numbers.ts';
import { overrides } from './commands/overrides.ts';
import { type PlaceArguments, placeOf } from './commands/place.ts';
import { plan } from './commands/plan.ts';
import { encrypt, keygen, rotate } from './commands/secret.ts';
import { serve, serveCopy } from './commands/serve.ts';
import { manifestOf, publicKeyOf } from './commands/signing.ts';
import { folderAndState, status } from './commands/status.ts';
import { sync } from './commands/sync.ts';
import { givenOnce, usageSentence, wantedVerb } from './commands/usage.ts';
import { type VerifyFormat, verify, verifyFormats } from './commands/verify.ts';
import { states } from './state/convergence.ts';

// The command line: which verb, with which arguments.

const folder = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const place = (given: PlaceArguments) =>
  placeOf(given, { schema: folder('schema'), templates: folder('templates') }, process.env);

const withoutSecrets = {
  type: 'boolean',
  default: false,
  describe: 'References to passwords are checked for their form and stand as placeholders',
} as const;
const path = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
const manifest = {
  manifest: { type: 'boolean', default: false, describe: 'Write out/manifest.json: what stands there, for copies' },
  'sign-key': path('Secret key of minisign that signs the manifest'),
  'sign-password-file': path('Its password  [OFFHOOK_SIGN_PASSWORD]'),
} as const;
const publicKey = path('File of a public key of minisign, or the key itself');

const recipient = {
  type: 'string',
  array: true,
  nargs: 1,
  default: [] as string[],
  describe: 'A recipient (age1…), or a file of them; may be given again  [PROJECT/.age-recipients]',
} as const;

/**
 * Reads the words of the command line, without the program's own; gives the verb that they name, ready to run: its exit code.
 * @throws Error, a sentence, when they cannot be understood
 */
export async function readCommandLine(words: readonly string[], console_: Console): Promise<() => Promise<number>> {
  let run = async (): Promise<number> => 0;
  /** Verbs run when all arguments are understood, and not before. */
  const chosen = (verb: () => Promise<number>) => {
    run = verb;
  };
  const cli = yargs(words)
    .scriptName('offhook')
    .locale('en')
    .usage('$0 <verb>\n\nProvisions desk phones: devices.yml in, files served, changed phones notified.')
    .option('project', path('Folder of devices.yml  [OFFHOOK_PROJECT, .]'))
    .option('out', path('Folder that is written and served  [OFFHOOK_OUT, PROJECT/out]'))
    .option('state', path('Folder of the journal  [OFFHOOK_STATE, PROJECT/.offhook]'))
    .option('age-identity', path('File that decrypts  [OFFHOOK_AGE_IDENTITY, PROJECT/.age-identity, SOPS_AGE_KEY…]'))
    .command(
      'check',
      'List every fault of the project at once',
      (y) =>
        y
          .option('format', { choices: problemFormats, default: 'text' as ProblemFormat })
          .option('without-secrets', withoutSecrets),
      (a) => chosen(() => check({ ...a, ...place(a) }, console_)),
    )
    .command(
      'plan',
      'Show what a build would change: 0 nothing, 2 something, 1 faults',
      (y) =>
        y
          .option('format', { choices: planFormats, default: 'text' as PlanFormat })
          .option('against', path('A commit, a project or an out/ to hold it against  [what is in out/]'))
          .option('without-secrets', withoutSecrets),
      (a) => chosen(() => plan({ ...a, ...place(a) }, console_)),
    )
    .command(
      'build',
      'Render into out/',
      (y) => y.options(manifest),
      (a) => chosen(async () => build({ ...place(a), manifest: await manifestOf(a, process.env) }, console_)),
    )
    .command(
      'verify <dir>',
      'Hold a copy of out/ against its manifest',
      (y) =>
        y
          .positional('dir', { type: 'string', demandOption: true, describe: 'Folder with the copy' })
          .option('public-key', publicKey)
          .option('allow-additional', { type: 'boolean', default: false, describe: 'More files are no fault' })
          .option('format', { choices: verifyFormats, default: 'text' as VerifyFormat }),
      (a) => chosen(async () => verify({ ...a, key: publicKeyOf(a.publicKey) }, console_)),
    )
    .command(
      'serve',
      'Build, then serve, watch and notify',
      (y) =>
        y
          .option('http-port', { type: 'string', requiresArg: true, default: '8080' })
          .option('https-port', {
            type: 'string',
            requiresArg: true,
            default: '8443',
            describe: 'Where HTTPS is served, once devices.yml has a certificate for it',
          })
          .option('tftp-port', { type: 'string', requiresArg: true, default: '6969' })
          .option('host', { type: 'string', requiresArg: true, default: '0.0.0.0', describe: 'Address to listen on' })
          .option('workers', {
            type: 'string',
            requiresArg: true,
            describe: 'Threads that answer phones; 0: the main one  [one a core, at most 8; 0 with one core]',
          })
          .option('batched-udp', {
            type: 'boolean',
            describe:
              'TFTP moves many datagrams with one system call, through Node’s FFI, which is experimental: a fault there ' +
              'ends the process, phones and all  [OFFHOOK_BATCHED_UDP, off]',
          })
          .option('tftp-port-range', {
            type: 'string',
            requiresArg: true,
            describe: 'Ports that TFTP answers from, as 40000-40100, for firewalls  [the port that was asked]',
          })
          .option('notify', {
            type: 'boolean',
            default: true,
            describe: 'Notify devices whose bytes changed (--no-notify)',
          })
          .option('sync', { type: 'boolean', default: true, describe: 'Ask directories of people (--no-sync)' })
          .options(manifest)
          .option('readonly', { type: 'boolean', default: false, describe: 'Serve a copy (--from) without building' })
          .option('from', path('Folder with the copy'))
          .option('public-key', publicKey)
          .check(({ readonly, from }) => readonly === (from !== undefined) || '--readonly and --from DIR go together'),
      (a) =>
        chosen(async () => {
          const ports = { httpPort: portOf('--http-port', a.httpPort), tftpPort: portOf('--tftp-port', a.tftpPort) };
          const httpsPort = portOf('--https-port', a.httpsPort);
          const workers = workersOf('--workers', a.workers);
          const answerPorts = portsOf('--tftp-port-range', a.tftpPortRange);
          const batchedUdp = switchOf('OFFHOOK_BATCHED_UDP', a.batchedUdp, process.env.OFFHOOK_BATCHED_UDP);
          const options = { ...a, ...place(a), ...ports, workers, answerPorts, batchedUdp, httpsPort };
          if (a.from === undefined) return serve({ ...options, manifest: await manifestOf(a, process.env) }, console_);
          return serveCopy({ ...options, from: resolve(a.from), key: publicKeyOf(a.publicKey) }, console_);
        }),
    )
    .command(
      'notify [targets..]',
      'Send a NOTIFY to devices, by MAC, extension or group; asks no PBX where they are',
      (y) =>
        y
          .positional('targets', { type: 'string', array: true, default: [] })
          .option('reboot', { type: 'boolean', default: false, describe: 'Reboot, instead of fetching again' })
          .option('all', { type: 'boolean', default: false, describe: 'Every device' })
          .option('wait', {
            type: 'string',
            requiresArg: true,
            default: '32',
            describe: 'Seconds that a silent device is waited for, at most 32',
          })
          .check(({ targets, all }) => all || targets.length > 0 || 'wanted a MAC, an extension, a group, or --all'),
      (a) => chosen(async () => notify({ ...a, ...place(a), wait: secondsOf('--wait', a.wait) }, console_)),
    )
    .command(
      'explain <device> [setting]',
      'Show where the values of a device come from',
      (y) =>
        y
          .positional('device', { type: 'string', demandOption: true, describe: 'MAC, extension or group' })
          .positional('setting', { type: 'string', describe: 'Such as timezone, sip.server or lines.1.name' }),
      (a) => chosen(() => explain({ ...a, ...place(a) }, console_)),
    )
    .command(
      'fetches',
      'Show what devices fetched',
      (y) =>
        y
          .option('device', { type: 'string', requiresArg: true, describe: 'MAC' })
          .option('since', { type: 'string', requiresArg: true, describe: '15m, 2h, 3d, or a date and time' })
          .option('follow', { type: 'boolean', default: false, describe: 'Go on with what comes' })
          .option('overrides', {
            type: 'boolean',
            default: false,
            describe: 'Show which phones have settings of their own',
          })
          .option('limit', { type: 'string', requiresArg: true, default: '100', describe: 'The last so many' })
          .option('format', { choices: ['text', 'json'] as const, default: 'text' as const }),
      (a) =>
        chosen(async () => {
          if (a.overrides) return overrides({ ...a, ...place(a) }, console_);
          return fetches({ ...a, ...place(a), limit: countOf('--limit', a.limit) }, console_);
        }),
    )
    .command(
      'status',
      'Show which devices run what they are meant to, and what keeps the others from it',
      (y) =>
        y
          .option('group', { type: 'string', requiresArg: true, describe: 'Only devices of a group' })
          .option('state', path(`List only devices of a state (${states.join(', ')}); or the folder, as everywhere`))
          .option('watch', { type: 'boolean', default: false, describe: 'Go on with what changes' })
          .option('wait', { type: 'boolean', default: false, describe: 'Until all are current: 0, else 1' })
          .option('timeout', {
            type: 'string',
            requiresArg: true,
            default: '10m',
            describe: 'That --wait waits at most',
          })
          .option('format', { choices: statusFormats, default: 'text' as StatusFormat }),
      (a) =>
        chosen(async () => {
          const { folder: stateFolder, only } = folderAndState(a.state);
          const timeout = durationOf('--timeout', a.timeout);
          const isTerminal = process.stdout.isTTY === true;
          return status({ ...a, ...place({ ...a, state: stateFolder }), only, timeout, isTerminal }, console_);
        }),
    )
    .command(
      'history <device>',
      'Show the revisions of a device: when each was built, told and fetched, and from which commit',
      (y) =>
        y
          .positional('device', { type: 'string', demandOption: true, describe: 'MAC or extension' })
          .option('format', { choices: statusFormats, default: 'text' as StatusFormat }),
      (a) => chosen(() => history({ ...a, ...place(a) }, console_)),
    )
    .command('secret', 'Encrypt passwords with age: encrypt, rotate, keygen', (y) =>
      y
        .command(
          'encrypt [file]',
          'Print { age: … } for a value that is typed or piped, or write FILE.age',
          (z) =>
            z
              .positional('file', { type: 'string', describe: 'Encrypted as a whole' })
              .option('to', recipient)
              .option('armor', { type: 'boolean', default: false, describe: 'As text between BEGIN and END' }),
          (a) =>
            chosen(() =>
              encrypt({ ...a, ...place(a), input: () => readHidden(process.stdin, console_.err) }, console_),
            ),
        )
        .command(
          'rotate [files..]',
          'Encrypt anew, for others, all of the project that age has encrypted',
          (z) => z.positional('files', { type: 'string', array: true, default: [] }).option('to', recipient),
          (a) =>
            chosen(() =>
              rotate({ ...place(a), to: a.to, files: a.files.map((one) => resolve(one)), env: process.env }, console_),
            ),
        )
        .command(
          'keygen [file]',
          'Make an identity (PROJECT/.age-identity), and note its recipient',
          (z) => z.positional('file', { type: 'string', describe: 'Where the identity is written' }),
          (a) =>
            chosen(() => keygen({ ...place(a), ...(a.file !== undefined && { file: resolve(a.file) }) }, console_)),
        )
        .demandCommand(1, 'wanted encrypt, rotate or keygen'),
    )
    .command(
      'sync',
      'Ask the directories of people (LDAP, Active Directory) and write their files',
      (y) =>
        y
          .option('dry-run', {
            type: 'boolean',
            default: false,
            describe: 'Only show what would change: 0 nothing, 2 something, 1 faults',
          })
          .option('accept', { type: 'boolean', default: false, describe: 'However many would go (max_change)' })
          .option('full', { type: 'boolean', default: false, describe: 'Read everybody, and not only what changed' })
          .option('once', { type: 'boolean', default: false, describe: 'Try once, and not three times, who is away' })
          .option('format', { choices: syncFormats, default: 'text' as SyncFormat }),
      (a) => chosen(() => sync({ ...a, ...place(a) }, console_)),
    )
    .command(
      'init',
      'Write a small devices.yml and a CI workflow into a folder',
      (y) => y.option('ci', { choices: ['github', 'gitlab'] as const, default: 'github' as const }),
      (a) => chosen(() => init({ dir: resolve(a.project ?? '.'), starter: folder('starter'), ci: a.ci }, console_)),
    )
    .check(givenOnce)
    .demandCommand(1, wantedVerb)
    .strict()
    .fail((message, error) => {
      throw message ? new Error(usageSentence(message, words)) : error;
    });
  await cli.parseAsync();
  return run;
}

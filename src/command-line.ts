import { resolve } from 'node:path';
import yargs, { type Arguments, type ArgumentsCamelCase, type Argv, type InferredOptionTypes } from 'yargs';
import { build } from './commands/build.ts';
import { check } from './commands/check.ts';
import type { Console } from './commands/command.ts';
import { completion } from './commands/completion.ts';
import { dhcp } from './commands/dhcp.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { fetches } from './commands/fetches.ts';
import { readHidden } from './commands/hidden-input.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { man } from './commands/man.ts';
import { notify } from './commands/notify.ts';
import { countOf, durationOf, portOf, portsOf, secondsOf, switchOf, workersOf } from './commands/numbers.ts';
import { overrides } from './commands/overrides.ts';
import { type PlaceArguments, placeOf } from './commands/place.ts';
import { plan } from './commands/plan.ts';
import { rollback } from './commands/rollback.ts';
import { rollout } from './commands/rollout.ts';
import { encrypt, keygen, rotate } from './commands/secret.ts';
import { serve, serveCopy } from './commands/serve.ts';
import { devicesIn, passwordIn, setup } from './commands/setup.ts';
import { shipped, starter } from './commands/shipped.ts';
import { show } from './commands/show.ts';
import { manifestOf, publicKeyOf } from './commands/signing.ts';
import { folderAndState, status } from './commands/status.ts';
import { sync } from './commands/sync.ts';
import { create, list, revoke } from './commands/token.ts';
import { unknown } from './commands/unknown.ts';
import { givenOnce, usageSentence, wantedVerb, withLoneDashes } from './commands/usage.ts';
import * as beginning from './commands/verbs/beginning.ts';
import * as doctors from './commands/verbs/doctor.ts';
import * as fleet from './commands/verbs/fleet.ts';
import * as revisions from './commands/verbs/revisions.ts';
import * as rollouts from './commands/verbs/rollout.ts';
import * as secrets from './commands/verbs/secrets.ts';
import * as serving from './commands/verbs/serving.ts';
import * as site from './commands/verbs/site.ts';
import { families, verbs } from './commands/verbs/table.ts';
import * as tokens from './commands/verbs/tokens.ts';
import { everywhere, type Verb } from './commands/verbs/verb.ts';
import * as zeroTouch from './commands/verbs/zero-touch.ts';
import { verify } from './commands/verify.ts';
import type { Given as Flags } from './setup/ask.ts';

// The command line: what each verb runs. What it takes, and what its help says, is data: `commands/verbs/`.

const place = (given: PlaceArguments) => placeOf(given, shipped, process.env);

/** What a verb is given: its flags and arguments, also in camel case. */
type Given<V extends Verb> = ArgumentsCamelCase<
  InferredOptionTypes<typeof everywhere & Options<V['flags']> & Options<V['arguments']>>
>;
// biome-ignore lint/complexity/noBannedTypes: nothing more than what is everywhere
type Options<T> = T extends object ? { -readonly [name in keyof T]: T[name] } : {};

type Run = (given: Arguments) => Promise<number>;

/** Which verb runs what. A verb that is added stands in `commands/verbs/table.ts`, and here. */
function runsOf(console_: Console): ReadonlyMap<string, Run> {
  const runs = new Map<string, Run>();
  const on = <V extends Verb>({ name }: V, run: (given: Given<V>) => Promise<number>) => runs.set(name, run as Run);

  on(site.check, (a) => check({ ...a, ...place(a) }, console_));
  on(site.plan, (a) => plan({ ...a, ...place(a) }, console_));
  on(site.build, async (a) => build({ ...place(a), manifest: await manifestOf(a, process.env) }, console_));
  on(site.verify, async (a) => verify({ ...a, key: publicKeyOf(a.publicKey) }, console_));
  on(site.explain, (a) => explain({ ...a, ...place(a) }, console_));
  on(site.init, (a) => init({ dir: resolve(a.project ?? '.'), starter, ci: a.ci }, console_));

  on(beginning.setup, async (a) => {
    const { _, devices, ...flags } = a;
    const passwords = ['pbx-password-file', 'ldap-password-file'] as const;
    const given = {
      ...(flags as Flags),
      devices: devicesIn(devices),
      ...Object.fromEntries(passwords.map((flag) => [flag, passwordIn(flag, a[flag])])),
    };
    const isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true;
    return setup({ ...a, ...place(a), given, isInteractive, starter, env: process.env }, console_);
  });

  on(beginning.completion, (a) => completion({ ...a, ...place(a) }, console_));
  on(beginning.man, (a) => man(a, console_));

  on(serving.serve, async (a) => {
    if (a.readonly !== (a.from !== undefined)) throw new Error('--readonly and --from DIR go together');
    const ports = { httpPort: portOf('--http-port', a.httpPort), tftpPort: portOf('--tftp-port', a.tftpPort) };
    const httpsPort = portOf('--https-port', a.httpsPort);
    const workers = workersOf('--workers', a.workers);
    const answerPorts = portsOf('--tftp-port-range', a.tftpPortRange);
    const batchedUdp = switchOf('OFFHOOK_BATCHED_UDP', a.batchedUdp, process.env.OFFHOOK_BATCHED_UDP);
    const options = { ...a, ...place(a), ...ports, workers, answerPorts, batchedUdp, httpsPort };
    if (a.from === undefined) return serve({ ...options, manifest: await manifestOf(a, process.env) }, console_);
    return serveCopy({ ...options, from: resolve(a.from), key: publicKeyOf(a.publicKey) }, console_);
  });
  on(serving.notify, async (a) => {
    if (!a.all && a.targets.length === 0) throw new Error('wanted a MAC, an extension, a group, or --all');
    return notify({ ...a, ...place(a), wait: secondsOf('--wait', a.wait) }, console_);
  });
  on(serving.sync, (a) => sync({ ...a, ...place(a) }, console_));

  on(fleet.status, async (a) => {
    const { folder: stateFolder, only } = folderAndState(a.state);
    const timeout = durationOf('--timeout', a.timeout);
    const isTerminal = process.stdout.isTTY === true;
    return status({ ...a, ...place({ ...a, state: stateFolder }), only, timeout, isTerminal }, console_);
  });
  on(doctors.doctor, (a) => doctor({ ...a, ...place(a) }, console_));
  on(fleet.history, (a) => history({ ...a, ...place(a) }, console_));
  on(revisions.show, (a) => show({ ...a, ...place(a) }, console_));
  on(revisions.rollback, async (a) => {
    if (a.release !== (a.to === undefined)) throw new Error('wanted --to REVISION, or --release');
    return rollback({ ...a, ...place(a) }, console_);
  });
  on(rollouts.rollout, (a) => rollout({ ...a, ...place(a) }, console_));
  on(fleet.fetches, async (a) => {
    if (a.overrides) return overrides({ ...a, ...place(a) }, console_);
    return fetches({ ...a, ...place(a), limit: countOf('--limit', a.limit) }, console_);
  });

  on(zeroTouch.unknown, (a) => unknown({ ...a, ...place(a) }, console_));
  on(zeroTouch.dhcp, (a) => dhcp({ ...a, ...place(a), vendors: a.vendor ?? [] }, console_));

  on(secrets.secretEncrypt, (a) =>
    encrypt({ ...a, ...place(a), input: () => readHidden(process.stdin, console_.err) }, console_),
  );
  on(secrets.secretRotate, (a) =>
    rotate({ ...place(a), to: a.to, files: a.files.map((one) => resolve(one)), env: process.env }, console_),
  );
  on(secrets.secretKeygen, (a) =>
    keygen({ ...place(a), ...(a.file !== undefined && { file: resolve(a.file) }) }, console_),
  );

  on(tokens.tokenCreate, (a) => create({ ...a, ...place(a) }, console_));
  on(tokens.tokenList, (a) => list({ ...a, ...place(a) }, console_));
  on(tokens.tokenRevoke, (a) => revoke({ ...a, ...place(a) }, console_));
  return runs;
}

/**
 * Reads the words of the command line, without the program's own; gives the verb that they name, ready to run: its exit code.
 * @throws Error, a sentence, when they cannot be understood
 */
export async function readCommandLine(words: readonly string[], console_: Console): Promise<() => Promise<number>> {
  let run = async (): Promise<number> => 0;
  const runs = runsOf(console_);
  /** Verbs run when all arguments are understood, and not before. */
  const add = (cli: Argv, verb: Verb) =>
    cli.command(
      commandOf(verb),
      verb.does,
      (y) => withHelp(y.options(verb.flags ?? {}), verb),
      (given) => {
        run = () => runs.get(verb.name)!(given);
      },
    );
  const cli = yargs(withLoneDashes(words))
    .scriptName('offhook')
    .locale('en')
    .usage('$0 <verb>\n\nProvisions desk phones: devices.yml in, files served, changed phones notified.')
    .options(everywhere);
  for (const [first, group] of Map.groupBy(verbs, ({ name }) => name.split(' ')[0] ?? name))
    if (families[first] === undefined) for (const verb of group) add(cli, verb);
    else {
      const wanted = `wanted ${group
        .map(lastWord)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`;
      const builder = (y: Argv) => group.reduce(add, y).demandCommand(1, wanted);
      cli.command(first, families[first], builder);
    }
  cli
    .group(['help', 'version', ...Object.keys(everywhere)], 'Everywhere:')
    .epilogue('offhook VERB --help has its examples and exit codes; `offhook man` is the manual.')
    .check(givenOnce)
    .demandCommand(1, wantedVerb)
    .strict()
    .fail((message, error) => {
      throw message ? new Error(usageSentence(message, words)) : error;
    });
  await cli.parseAsync();
  return run;
}

const lastWord = ({ name }: Verb): string => name.split(' ').at(-1) ?? name;

/** As the parser writes it: `explain <device> [setting]`. */
function commandOf(verb: Verb): string {
  const words = Object.entries(verb.arguments ?? {}).map(([name, { demandOption, array }]) => {
    const many = array ? `${name}..` : name;
    return demandOption ? `<${many}>` : `[${many}]`;
  });
  return [lastWord(verb), ...words].join(' ');
}

function withHelp(y: Argv, { arguments: words = {}, examples, exits }: Verb): Argv {
  for (const [name, { completes: _, ...argument }] of Object.entries(words)) y.positional(name, argument);
  const lines = examples.map(({ line, does }) => `  ${does}:\n    offhook ${line}`);
  const codes = Object.entries(exits).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return y.epilogue(['Examples:', ...lines, '', 'Exit codes:', ...codes].join('\n'));
}

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, ownAddress } from './sipp/phone.ts';
import { until } from './until.ts';

/** A real Asterisk: a registrar (PJSIP) over UDP and TCP on an address of its own, with AMI. */
export interface Asterisk {
  readonly address: string;
  readonly sipPort: number;
  readonly amiPort: number;
  /** Of AMI. */
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

/** `extensions` may register, without a password, each of them several times. */
export async function startAsterisk(extensions: readonly string[], ports?: Asterisk): Promise<Asterisk> {
  const address = ports?.address ?? ownAddress();
  const sipPort = ports?.sipPort ?? (await freePort(address));
  const amiPort = ports?.amiPort ?? (await freePort(address));
  const folder = mkdtempSync(join(tmpdir(), 'offhook-asterisk-'));
  const login = { user: 'offhook', password: 'a-secret-of-ami' };
  const files = configuration({ address, sipPort, amiPort, folder, extensions, ...login });
  for (const name of folders) mkdirSync(join(folder, name));
  for (const [name, lines] of Object.entries(files)) writeFileSync(join(folder, 'etc', name), `${lines.join('\n')}\n`);
  const program = spawn('/usr/sbin/asterisk', ['-C', join(folder, 'etc', 'asterisk.conf'), '-f'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (text) => {
      said = (said + String(text)).slice(-4_000);
    });
  const ended = once(program, 'exit');
  let isUp = false;
  void (async () => {
    while (!isUp && program.exitCode === null) isUp = await isListening(address, amiPort);
  })();
  await until(
    () => `Asterisk, which says:\n${said}`,
    () => isUp || (program.exitCode !== null && fail(said)),
  );
  // It listens before it knows how to list contacts.
  const questions = ['-C', join(folder, 'etc', 'asterisk.conf'), '-rx', 'core waitfullybooted'];
  await promisify(execFile)('/usr/sbin/asterisk', questions);
  return {
    ...{ address, sipPort, amiPort, ...login },
    async stop() {
      program.kill('SIGTERM');
      const hard = setTimeout(() => program.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(hard);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fail(said: string): never {
  throw new Error(`Asterisk ended:\n${said}`);
}

function isListening(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address, () => resolve(true));
    socket.once('error', () => setTimeout(() => resolve(false), 20)).once('close', () => resolve(false));
    socket.once('data', () => socket.destroy());
  });
}

const folders = ['etc', 'var', 'db', 'key', 'agi', 'spool', 'run', 'log'];

interface Places extends Pick<Asterisk, 'address' | 'sipPort' | 'amiPort' | 'user' | 'password'> {
  readonly folder: string;
  readonly extensions: readonly string[];
}

/** What a registrar that sends NOTIFYs needs of its modules, and nothing more. */
const modules = [
  'res_sorcery_config',
  'res_sorcery_memory',
  'res_sorcery_astdb',
  'res_timing_timerfd',
  'res_pjproject',
  'res_pjsip',
  'res_pjsip_session',
  'res_pjsip_registrar',
  'res_pjsip_endpoint_identifier_user',
  'res_pjsip_pubsub',
  'res_pjsip_notify',
];

function configuration({ address, sipPort, amiPort, user, password, folder, extensions }: Places) {
  const transports = ['udp', 'tcp'].flatMap((protocol) => [
    ...[`[${protocol}]`, 'type=transport', `protocol=${protocol}`, `bind=${address}:${sipPort}`],
  ]);
  const phones = extensions.flatMap((extension) => [
    ...[`[${extension}]`, 'type=endpoint', 'context=none', 'disallow=all', 'allow=ulaw', `aors=${extension}`],
    ...[`[${extension}]`, 'type=aor', 'max_contacts=5', 'qualify_frequency=0'],
  ]);
  return {
    'asterisk.conf': [
      '[directories]',
      'astmoddir => /usr/lib/asterisk/modules',
      ...folders.map((name) => `ast${name === 'var' ? 'varlib' : name}dir => ${join(folder, name)}`),
      ...['[options]', 'nofork=yes', 'nocolor=yes'],
    ],
    'modules.conf': ['[modules]', 'autoload=no', ...modules.map((name) => `load=${name}.so`)],
    'logger.conf': ['[general]', '[logfiles]', 'messages => notice,warning,error'],
    'manager.conf': [
      ...['[general]', 'enabled=yes', `bindaddr=${address}`, `port=${amiPort}`],
      ...[`[${user}]`, `secret=${password}`, 'read=system,call', 'write=system,call,reporting'],
    ],
    // Without an endpoint to send from, what is to go to a URI goes nowhere, and is said to have gone.
    'pjsip.conf': [
      ...['[global]', 'type=global', 'default_outbound_endpoint=outgoing', ...transports],
      ...['[outgoing]', 'type=endpoint', 'context=none', 'disallow=all', 'allow=ulaw', ...phones],
    ],
    'pjsip_notify.conf': [],
  };
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isUdpBound, type Running, startProgram, until } from './process.ts';

/** A TFTP server that can be measured. */
export interface TftpServer {
  readonly name: string;
  /** Why it cannot be measured here. */
  readonly missing?: string;
  start(): Promise<Running>;
}

export interface ServersOptions {
  /** The project that offhook serves. */
  readonly project: string;
  /** A copy of its out/ that everybody may read. */
  readonly files: string;
  /** For what is unpacked and written on the way. */
  readonly tmp: string;
  /** Of offhook; each is measured. */
  readonly workers: readonly number[];
}

const host = '127.0.0.1';
const port = 6970;
const root = resolve(import.meta.dirname, '../..');

/** offhook first, then those that people use today: of Debian, unpacked where they cannot be installed side by side. */
export function tftpServers({ project, files, tmp, workers }: ServersOptions): TftpServer[] {
  const isRoot = process.geteuid?.() === 0;
  const missing = isRoot ? undefined : 'needs root: it changes its root folder, or has port 69';
  const debian = createDebian(join(tmp, 'debian'));
  return [
    ...workers.flatMap((count) => [[], ['--batched-udp']].map((more) => offhook(count, more, { project, tmp }))),
    {
      name: 'tftpd-hpa',
      missing: missing ?? debian.missing('tftpd-hpa'),
      start: () =>
        run(
          debian.program('tftpd-hpa', 'usr/sbin/in.tftpd'),
          ['-L', '-a', `${host}:${port}`, '-s', '-u', 'nobody', files],
          {
            env: debian.env,
          },
        ),
    },
    {
      name: 'atftpd',
      missing: missing ?? debian.missing('atftpd'),
      start: () => {
        const all = ['--daemon', '--no-fork', '--port', `${port}`, '--bind-address', host, '--maxthread', '5000'];
        const rest = ['--user', 'root', '--group', 'root', '--logfile', '/dev/null', files];
        return run(debian.program('atftpd', 'usr/sbin/atftpd'), [...all, ...rest], { env: debian.env });
      },
    },
    {
      name: 'dnsmasq',
      missing: missing ?? (has('dnsmasq') ? undefined : 'needs dnsmasq of Debian’s dnsmasq-base'),
      start: () => {
        const alone = ['--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root'];
        const log = ['--log-facility=/dev/null', '--bind-interfaces', `--listen-address=${host}`];
        const tftp = ['--enable-tftp', `--tftp-root=${files}`, '--tftp-max=5000'];
        return run('dnsmasq', [...alone, ...log, ...tftp], { port: 69 });
      },
    },
  ];
}

async function run(
  program: string,
  args: readonly string[],
  { env, port: at = port }: { env?: Readonly<Record<string, string>>; port?: number } = {},
): Promise<Running> {
  await until(`port ${at} is free`, () => !isUdpBound(at));
  const running = startProgram({ program, args, env });
  await until(`${program} listens`, () => isUdpBound(at) || running.hasEnded());
  if (running.hasEnded()) throw new Error(`${program} ${args.join(' ')} ended at once`);
  return { ...running, address: host, port: at };
}

/** The command line as people start it: journal on, log written to a file. */
function offhook(
  workers: number,
  more: readonly string[],
  { project, tmp }: Pick<ServersOptions, 'project' | 'tmp'>,
): TftpServer {
  const name = ['offhook --workers', workers, ...more].join(' ');
  return {
    name,
    async start() {
      const output = join(tmp, `${name}.log`);
      const ports = ['--http-port', '0', '--tftp-port', '0', '--host', host, '--workers', `${workers}`, ...more];
      const args = [join(root, 'src/main.ts'), 'serve', '--project', project, ...ports];
      const running = startProgram({ program: process.execPath, args, output });
      const listening = () => / serving protocol=tftp .*port=(\d+)/.exec(readFileSync(output, 'utf8'))?.[1];
      await until('offhook listens', () => listening() !== undefined || running.hasEnded());
      if (running.hasEnded()) throw new Error(readFileSync(output, 'utf8').slice(-2000));
      await until('offhook has built', () => readFileSync(output, 'utf8').includes('build accepted'));
      return { ...running, address: host, port: Number(listening()) };
    },
  };
}

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

/** Programs out of Debian's packages that exclude each other, or are not installed: fetched and unpacked, not installed. */
function createDebian(folder: string) {
  const failures = new Map<string, string | undefined>();
  const unpack = (name: string): string | undefined => {
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
      mkdirSync(join(folder, name), { recursive: true });
      execFileSync('apt-get', ['download', name], { cwd: join(folder, name), stdio: 'pipe' });
      execFileSync('sh', ['-c', 'dpkg -x ./*.deb .'], { cwd: join(folder, name), stdio: 'pipe' });
      return undefined;
    } catch {
      return `apt-get download ${name} failed`;
    }
  };
  const missing = (name: string) => {
    for (const each of ['libwrap0', name]) if (!failures.has(each)) failures.set(each, unpack(each));
    return failures.get('libwrap0') ?? failures.get(name);
  };
  const libraries = ['lib', 'usr/lib'].map((each) => join(folder, 'libwrap0', each, `${machine()}-linux-gnu`));
  return {
    missing,
    program: (name: string, path: string) => join(folder, name, path),
    env: { LD_LIBRARY_PATH: libraries.join(':') },
  };
}

const machine = (): string => execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();

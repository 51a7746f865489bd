import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort, isTcpBound, type Running, startProgram, until } from './process.ts';
import type { Certificate } from './site.ts';

/** A web server that can be measured. */
export interface HttpServer {
  readonly name: string;
  /** Of the program, as it says itself. */
  readonly version?: string;
  /** Why it cannot be measured here. */
  readonly missing?: string;
  start(): Promise<RunningHttp>;
}

export interface RunningHttp extends Pick<Running, 'address' | 'cpu' | 'memory' | 'hasEnded' | 'stop'> {
  readonly ports: { readonly http: number; readonly https: number };
}

export interface HttpServersOptions extends Certificate {
  /** The project that offhook serves. */
  readonly project: string;
  /** A copy of its out/ that everybody may read. */
  readonly files: string;
  /** For what is written on the way. */
  readonly tmp: string;
  /** How many cores a server has, and which (as taskset writes them). */
  readonly cores: { readonly count: number; readonly list?: string };
}

const host = '127.0.0.1';
const root = resolve(import.meta.dirname, '../..');

/** offhook first, then those that people use today; each writes down every answer, and has as many workers as cores. */
export function httpServers(options: HttpServersOptions): HttpServer[] {
  const { count } = options.cores;
  return [offhook(options, 0), offhook(options, count), nginx(options), caddy(options)];
}

/** The command line as people start it: journal on, log written to a file. */
function offhook({ project, tmp, cores }: HttpServersOptions, workers: number): HttpServer {
  return {
    name: `offhook --workers ${workers}`,
    async start() {
      const output = join(tmp, `offhook-${workers}.log`);
      const state = join(tmp, `state-${workers}`);
      cpSync(join(project, '.offhook'), state, { recursive: true });
      const anyPort = ['http', 'https', 'tftp'].flatMap((protocol) => [`--${protocol}-port`, '0']);
      const args = [join(root, 'src/main.ts'), 'serve', '--project', project, '--state', state, '--host', host];
      const serving = [...args, ...anyPort, '--workers', `${workers}`];
      const running = startProgram({ program: process.execPath, args: serving, output, cores: cores.list });
      const log = () => readFileSync(output, 'utf8');
      const portOf = (protocol: string) => new RegExp(` serving protocol=${protocol} .*port=(\\d+)`).exec(log())?.[1];
      const isListening = () => ['http', 'https'].every((protocol) => portOf(protocol) !== undefined);
      await until('offhook listens', () => isListening() || running.hasEnded());
      if (running.hasEnded()) throw new Error(log().slice(-2000));
      await until('offhook has built', () => log().includes('build accepted'));
      return { ...running, address: host, ports: { http: Number(portOf('http')), https: Number(portOf('https')) } };
    },
  };
}

function nginx({ files, tmp, cores, certFile, keyFile }: HttpServersOptions): HttpServer {
  const folder = join(tmp, 'nginx');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const configOf = (
    ports: RunningHttp['ports'],
  ) => `daemon off; worker_processes ${cores.count}; pid ${folder}/pid; error_log ${folder}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 10000; }
http {
  ${temporary.join(' ')}
  access_log ${folder}/access.log;
  sendfile on; tcp_nopush on; types { text/plain cfg; }
  server {
    listen ${host}:${ports.http} backlog=4096;
    listen ${host}:${ports.https} ssl backlog=4096;
    ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
    root ${files};
  }
}
`;
  return {
    name: 'nginx',
    ...programOf('nginx', ['-v'], 'nginx-light'),
    async start() {
      const ports = { http: await freePort(host), https: await freePort(host) };
      mkdirSync(folder);
      writeFileSync(join(folder, 'nginx.conf'), configOf(ports));
      const args = ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
      return run('nginx', { args, ports, cores: cores.list, output: join(folder, 'output') });
    },
  };
}

function caddy({ files, tmp, cores, certFile, keyFile }: HttpServersOptions): HttpServer {
  const folder = join(tmp, 'caddy');
  const site = `bind ${host}
  root * ${files}
  file_server
  log {
    output file ${folder}/access.log
  }`;
  const configOf = (ports: RunningHttp['ports']) => `{
  admin off
  auto_https off
  servers {
    protocols h1
  }
}
http://:${ports.http} {
  ${site}
}
https://:${ports.https} {
  tls ${certFile} ${keyFile}
  ${site}
}
`;
  return {
    name: 'caddy',
    ...programOf('caddy', ['version'], 'caddy'),
    async start() {
      const ports = { http: await freePort(host), https: await freePort(host) };
      mkdirSync(folder);
      writeFileSync(join(folder, 'Caddyfile'), configOf(ports));
      const args = ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
      const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, GOMAXPROCS: `${cores.count}` };
      return run('caddy', { args, ports, env, cores: cores.list, output: join(folder, 'output') });
    },
  };
}

interface Peer {
  readonly args: readonly string[];
  readonly ports: RunningHttp['ports'];
  readonly output: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cores?: string;
}

async function run(program: string, { args, ports, ...rest }: Peer): Promise<RunningHttp> {
  const running = startProgram({ program, args, ...rest });
  for (const port of Object.values(ports))
    await until(`${program} listens`, () => isTcpBound(port) || running.hasEnded());
  if (running.hasEnded())
    throw new Error(`${program} ended at once: ${readFileSync(rest.output, 'utf8').slice(-2000)}`);
  return { ...running, address: host, ports };
}

/** Its version, or the sentence that says where it is to be had. */
function programOf(program: string, asking: readonly string[], debianPackage: string) {
  const { error, stdout, stderr } = spawnSync(program, asking, { encoding: 'utf8' });
  if (error) return { missing: `needs ${program}, of Debian’s ${debianPackage}` };
  return { version: `${program} ${/\d[\w.+-]*/.exec(`${stdout}${stderr}`)?.[0] ?? ''}` };
}

/** Signed by itself; ECDSA, as authorities give it today. Throws a sentence. */
export function makeCertificate(folder: string): Certificate {
  const [certFile, keyFile] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = [
    '-subj',
    '/CN=phones.example.com',
    '-addext',
    'subjectAltName=DNS:phones.example.com,IP:192.0.2.1',
    '-days',
    '90',
  ];
  try {
    execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', certFile], { stdio: 'pipe' });
  } catch (cause) {
    throw new Error('the certificate is made by openssl, of Debian’s openssl', { cause });
  }
  return { certFile, keyFile };
}

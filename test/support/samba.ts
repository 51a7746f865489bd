import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'ldapts';

const run = promisify(execFile);

/** A real Active Directory (Samba) on an address of its own of this machine: its ports cannot be chosen. */
export interface Samba {
  readonly url: string;
  readonly tlsUrl: string;
  /** The authority of its certificate, and the name in it. */
  readonly ca: string;
  readonly serverName: string;
  readonly administrator: { readonly dn: string; readonly password: string };
  /** Does something as the administrator. */
  change(work: (client: Client) => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

export const domain = 'DC=corp,DC=example,DC=test';
const password = 'Passw0rd.Adm1n';

/** Some seconds: a domain is made. As Windows does, it takes a simple bind over TLS alone. */
export async function createSamba({ folder }: { readonly folder: string }): Promise<Samba> {
  // One for each process: tests run side by side.
  const ip = `127.83.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
  for (const name of ['run', 'ncalrpc', 'log']) mkdirSync(join(folder, name), { recursive: true });
  await run('/usr/bin/samba-tool', [
    ...[
      'domain',
      'provision',
      '-s',
      '/dev/null',
      `--targetdir=${folder}`,
      '--realm=CORP.EXAMPLE.TEST',
      '--domain=CORP',
    ],
    ...['--server-role=dc', '--dns-backend=NONE', `--adminpass=${password}`, '--host-name=dc1', `--host-ip=${ip}`],
  ]);
  const config = join(folder, 'etc', 'smb.conf');
  writeFileSync(config, configOf(readFileSync(config, 'utf8'), folder, ip));
  const options = ['-s', config, '-F', '--no-process-group', '-M', 'single'];
  const child = spawn('/usr/sbin/samba', options, { stdio: 'ignore' });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const ca = join(folder, 'private', 'tls', 'ca.pem');
  const samba = { url: `ldap://${ip}`, tlsUrl: `ldaps://${ip}`, ca, serverName: 'dc1.corp.example.test' };
  const administrator = { dn: `CN=Administrator,CN=Users,${domain}`, password };
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };

  async function change(work: (client: Client) => Promise<unknown>): Promise<void> {
    const tlsOptions = { ca: readFileSync(ca), servername: samba.serverName };
    const client = new Client({ url: samba.tlsUrl, tlsOptions, connectTimeout: 5000, timeout: 20_000 });
    try {
      await client.bind(administrator.dn, administrator.password);
      await work(client);
    } finally {
      await client.unbind();
    }
  }

  // It makes its certificate first.
  for (let tries = 0; ; tries++) {
    try {
      if (existsSync(ca)) await change(async () => {});
      if (existsSync(ca)) break;
    } catch (error) {
      if (tries > 200) {
        await stop();
        throw error;
      }
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  return { ...samba, administrator, change, stop };
}

/** What it serves, and where: LDAP on one address, and nothing that another one of this machine might serve. */
function configOf(made: string, folder: string, ip: string): string {
  const lines = [
    `interfaces = ${ip}/8`,
    'bind interfaces only = yes',
    'server services = ldap, cldap, kdc',
    'dcerpc endpoint servers = ',
    'log level = 1',
    `log file = ${folder}/log/samba.log`,
    `pid directory = ${folder}/run`,
    `ncalrpc dir = ${folder}/ncalrpc`,
    `winbindd socket directory = ${folder}/run/winbindd`,
    `ntp signd socket directory = ${folder}/run/ntp`,
  ];
  const rest = made.replace(/^\t(?:server services|log file|max log size) =.*\n/gm, '');
  return rest.replace('[global]\n', `[global]\n${lines.map((line) => `\t${line}\n`).join('')}`);
}

import { execFile, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'ldapts';
import type { Pair } from './certificates.ts';

const run = promisify(execFile);

/** A real OpenLDAP on 127.0.0.1 with people in it. */
export interface Slapd {
  readonly port: number;
  readonly tlsPort: number;
  readonly url: string;
  readonly tlsUrl: string;
  readonly pid: () => number;
  /** Does something as the administrator. */
  change(work: (client: Client) => Promise<unknown>): Promise<void>;
  /** The data stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface SlapdOptions {
  /** For its data; made when it is not there. */
  readonly folder: string;
  /** LDIF behind the base. */
  readonly people: string;
  /** What it shows over TLS, and whose client certificates it takes. */
  readonly tls?: Pair & { readonly authority?: Pair };
  /** Lines for slapd.conf, before the data base. */
  readonly global?: readonly string[];
  /** The overlay that knows what changed; true when not given. */
  readonly syncprov?: boolean;
}

export const base = 'dc=example,dc=test';
export const peopleBase = `ou=people,${base}`;
/** Who may read, a thousand entries at a time; and who administers. */
export const reader = { dn: `cn=reader,${base}`, password: 'reader-geheim' };
const admin = { dn: `cn=admin,${base}`, password: 'admin-geheim' };

const given = ['Anna', 'Björn', 'Chloé', 'Dmitri', 'Élodie', 'Fatima', 'György'];
const family = ['Smith', 'Müller', 'Nguyễn', "O'Brien", 'Sørensen', 'García', 'Šimek', 'Kovács', 'Ivanov', 'Tanaka'];

export const nameOf = (index: number): string =>
  `${given[index % given.length]} ${family[(index * 7) % family.length]} ${index}`;
export const uidOf = (index: number): string => `u${String(index).padStart(6, '0')}`;
export const dnOf = (index: number): string => `uid=${uidOf(index)},${peopleBase}`;
/** Every twentieth has a disabled account. */
export const isDisabled = (index: number): boolean => index % 20 === 19;

/** Person N has the extension 10000+N. */
export function peopleLdif(count: number): string {
  return Array.from({ length: count }, (_, index) =>
    entryLdif(dnOf(index), {
      objectClass: ['inetOrgPerson', 'phoneUser'],
      uid: uidOf(index),
      cn: uidOf(index),
      sn: family[(index * 7) % family.length] ?? '',
      displayName: nameOf(index),
      mail: `${uidOf(index)}@example.test`,
      telephoneNumber: `+49 30 ${String(index).padStart(7, '0')}`,
      ipPhone: String(10000 + index),
      department: 'Engines',
      userAccountControl: isDisabled(index) ? '514' : '512',
    }),
  ).join('');
}

/** One entry as LDIF, values in base64. */
export function entryLdif(
  dn: string,
  attributes: Readonly<Record<string, string | Buffer | readonly string[]>>,
): string {
  const base64 = (name: string, value: string | Buffer) => `${name}:: ${Buffer.from(value).toString('base64')}\n`;
  const lines = Object.entries(attributes).flatMap(([name, values]) =>
    (typeof values === 'string' || Buffer.isBuffer(values) ? [values] : values).map((value) => base64(name, value)),
  );
  return `${base64('dn', dn)}${lines.join('')}\n`;
}

export async function createSlapd(options: SlapdOptions): Promise<Slapd> {
  const { folder, people } = options;
  mkdirSync(join(folder, 'db'), { recursive: true });
  const [port, tlsPort] = [await freePort(), await freePort()];
  const config = join(folder, 'slapd.conf');
  writeFileSync(config, configOf(options));
  writeFileSync(join(folder, 'data.ldif'), baseLdif() + people);
  await run('/usr/sbin/slapadd', ['-q', '-f', config, '-l', join(folder, 'data.ldif')]);
  rmSync(join(folder, 'data.ldif'));
  let stop = async () => {};
  let pid = 0;
  const urls = { url: `ldap://127.0.0.1:${port}`, tlsUrl: `ldaps://127.0.0.1:${tlsPort}` };

  async function start(): Promise<void> {
    const listen = options.tls ? `${urls.url} ${urls.tlsUrl}` : urls.url;
    const child = spawn('/usr/sbin/slapd', ['-f', config, '-h', listen, '-d', '0'], { stdio: 'ignore' });
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    pid = child.pid ?? 0;
    stop = async () => {
      child.kill('SIGTERM');
      // One that was stopped by SIGSTOP hears nothing else.
      child.kill('SIGCONT');
      await ended;
    };
    await untilItAnswers(urls.url);
  }

  await start();
  return {
    ...{ port, tlsPort, ...urls, start },
    pid: () => pid,
    stop: () => stop(),
    async change(work) {
      const client = new Client({ url: urls.url });
      try {
        await client.bind(admin.dn, admin.password);
        await work(client);
      } finally {
        await client.unbind();
      }
    },
  };
}

function configOf({ folder, tls, global = [], syncprov = true }: SlapdOptions): string {
  const schema = ['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include /etc/ldap/schema/${name}.schema`);
  const authority = tls?.authority ?? tls;
  return [
    ...schema,
    `include ${resolve(import.meta.dirname, 'slapd', 'phones.schema')}`,
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'moduleload syncprov',
    ...(tls ? [`TLSCertificateFile ${tls.certFile}`, `TLSCertificateKeyFile ${tls.keyFile}`] : []),
    ...(authority ? [`TLSCACertificateFile ${authority.certFile}`, 'TLSVerifyClient try'] : []),
    ...(tls ? ['authz-regexp "^cn=offhook$" "cn=reader,dc=example,dc=test"'] : []),
    // As an Active Directory hands out: a thousand at a time, all of them in pages.
    'sizelimit size.soft=1000 size.hard=1000 size.prtotal=unlimited',
    ...global,
    'database mdb',
    `suffix "${base}"`,
    `rootdn "${admin.dn}"`,
    `rootpw ${admin.password}`,
    `directory ${join(folder, 'db')}`,
    'maxsize 1073741824',
    'dbnosync',
    'index objectClass,uid,ipPhone,entryCSN,entryUUID eq',
    'access to attrs=userPassword by anonymous auth by * none',
    'access to * by users read by anonymous auth',
    ...(syncprov ? ['overlay syncprov', 'syncprov-checkpoint 1000 1'] : []),
    '',
  ].join('\n');
}

const baseLdif = (): string =>
  [
    entryLdif(base, { objectClass: ['dcObject', 'organization'], o: 'Example', dc: 'example' }),
    entryLdif(peopleBase, { objectClass: 'organizationalUnit', ou: 'people' }),
    entryLdif(`ou=gone,${base}`, { objectClass: 'organizationalUnit', ou: 'gone' }),
    entryLdif(reader.dn, {
      objectClass: ['applicationProcess', 'simpleSecurityObject'],
      cn: 'reader',
      userPassword: reader.password,
    }),
  ].join('');

async function untilItAnswers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new Client({ url, connectTimeout: 1000, timeout: 1000 });
    try {
      await client.search('', { scope: 'base' });
      return;
    } catch (error) {
      if (tries > 400) throw error;
      await new Promise((done) => setTimeout(done, 25));
    } finally {
      await client.unbind();
    }
  }
}

/** Free a moment ago: slapd takes no 0. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

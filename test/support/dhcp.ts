import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DhcpServer } from '../../src/dhcp/servers.ts';
import { peer } from './peer.ts';

/** Servers that can be had, each with a program that reads its configuration. */
export const dhcpPeers = {
  isc: peer('dhcpd', 'isc-dhcp-server'),
  kea: peer('kea-dhcp4', 'kea-dhcp4-server'),
  dnsmasq: peer('dnsmasq', 'dnsmasq-base'),
} as const;

export type RealServer = keyof typeof dhcpPeers & DhcpServer;

const path = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const run = (program: string, args: readonly string[]) => spawnSync(program, args, { env: path, encoding: 'utf8' });

const probe = `offhook-probe-${process.pid}`;
const canSeparate = run('ip', ['netns', 'add', probe]).status === 0;
if (canSeparate) run('ip', ['netns', 'del', probe]);

/** For `test.skipIf` and the name of the test. */
export const namespaces = {
  missing: !canSeparate,
  sentence: 'needs ip, of the Debian package iproute2, and the right to separate networks',
};

const subnet = { net: '10.66.0.0', own: '10.66.0.1', first: '10.66.0.100', last: '10.66.0.150', phone: '10.66.0.2' };

/** A whole configuration around what offhook printed, in a folder that is gone when the test has ended. */
function configure(server: RealServer, text: string, ...interfaces: string[]): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-dhcp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config');
  writeFileSync(file, wrapped[server](text, folder, interfaces));
  writeFileSync(join(folder, 'leases'), '');
  return { folder, file };
}

const wrapped: Readonly<Record<RealServer, (text: string, folder: string, interfaces: string[]) => string>> = {
  isc: (text) => `${text}\nsubnet ${subnet.net} netmask 255.255.255.0 { range ${subnet.first} ${subnet.last}; }\n`,
  dnsmasq: (text, folder) =>
    `${text}\nport=0\ninterface=server\nbind-interfaces\nuser=root\ndhcp-leasefile=${folder}/leases\ndhcp-range=${subnet.first},${subnet.last},255.255.255.0,1h\n`,
  kea: (text, _, interfaces) => {
    const { Dhcp4 } = JSON.parse(text);
    const subnet4 = [{ id: 1, subnet: `${subnet.net}/24`, pools: [{ pool: `${subnet.first} - ${subnet.last}` }] }];
    const rest = {
      'interfaces-config': { interfaces },
      'lease-database': { type: 'memfile', persist: false },
    };
    return JSON.stringify({ Dhcp4: { ...Dhcp4, ...rest, subnet4 } });
  },
};

/** What the server's own program says of the configuration; empty when it has no complaint. */
export function complaints(server: RealServer, text: string): string {
  const { file } = configure(server, text);
  const args = { isc: ['-t', '-cf', file], kea: ['-t', file], dnsmasq: ['--test', '-C', file] }[server];
  const { status, stdout, stderr } = run({ isc: 'dhcpd', kea: 'kea-dhcp4', dnsmasq: 'dnsmasq' }[server], args);
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** Starts the server in a network of its own, and asks it as a phone that says this in option 60. Bytes by code. */
export function startServer(server: RealServer, text: string): (says: Uint8Array) => Promise<Map<number, Buffer>> {
  const { folder, file } = configure(server, text, 'server');
  const [there, here] = [`offhook-s-${process.pid}-${server}`, `offhook-p-${process.pid}-${server}`];
  const ip = (line: string) => execFileSync('ip', line.split(' '), { env: path });
  for (const name of [there, here]) {
    ip(`netns add ${name}`);
    onTestFinished(() => void ip(`netns del ${name}`));
  }
  ip(`link add server netns ${there} type veth peer name phone netns ${here}`);
  ip(`-n ${there} addr add ${subnet.own}/24 dev server`);
  ip(`-n ${there} link set server up`);
  ip(`-n ${here} addr add ${subnet.phone}/24 dev phone`);
  ip(`-n ${here} link set phone up`);
  ip(`-n ${here} route add default dev phone`);
  const program = {
    isc: ['dhcpd', '-4', '-f', '-d', '-cf', file, '-lf', join(folder, 'leases'), '--no-pid', 'server'],
    kea: ['kea-dhcp4', '-c', file],
    dnsmasq: ['dnsmasq', '-k', '-C', file],
  }[server];
  const env = { ...path, KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder };
  const daemon = spawn('ip', ['netns', 'exec', there, ...program], { env, stdio: 'ignore' });
  onTestFinished(() => void daemon.kill('SIGKILL'));
  const client = resolve(import.meta.dirname, 'dhcp-client.ts');
  return (says) => {
    const { promise, resolve: done, reject } = Promise.withResolvers<Map<number, Buffer>>();
    const args = ['netns', 'exec', here, process.execPath, client, Buffer.from(says).toString('hex')];
    const asking = spawn('ip', args, { env: path, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    asking.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    asking.on('close', (code) => {
      if (code !== 0) reject(new Error(`${server} offered nothing`));
      else
        done(
          new Map(Object.entries(JSON.parse(out)).map(([key, hex]) => [Number(key), Buffer.from(String(hex), 'hex')])),
        );
    });
    return promise;
  };
}

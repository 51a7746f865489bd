import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { headers, peer } from '../support/peer.ts';

const peers = [
  peer('cc', 'gcc'),
  headers('openssl/ssl.h', 'libssl-dev'),
  peer('nft', 'nftables'),
  peer('sipp', 'sip-tester'),
  peer('ip', 'iproute2'),
  {
    missing: spawnSync('unshare', ['--net', '--', 'true']).status !== 0,
    sentence: 'needs the right to make a network namespace, and unshare, of the Debian package util-linux',
  },
];
const missing = peers.find((each) => each.missing);

async function bench(...args: string[]): Promise<string[][]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/notify.ts', ...args]);
  const rows = stdout.split('\n').filter((line) => /^\| (?:offhook|sipp|pacing|200)/.test(line));
  return rows.map((row) => row.split('|').map((cell) => cell.trim()));
}

it.skipIf(missing !== undefined)(
  `phones of the measurement are told once, prove that they are asked by us, and are current in the end (${(missing ?? peers[0])?.sentence})`,
  async () => {
    const [rate, sipp] = await bench('--only', 'rate', '--devices', '6', '--rounds', '1', '--sipp', '100');
    expect([rate?.[1], Number(rate?.[3]) > 0]).toEqual(['offhook', true]);
    expect([sipp?.[1], Number(sipp?.[3]) > 0]).toEqual(['sipp -r 100', true]);
    const rows = await bench('--only', 'loop', '--devices', '6');
    expect(rows.map(([, how, , , ...cells]) => [how, ...cells.slice(0, 5)])).toEqual([
      ['pacing off', '6', '0', '0', '0', 'right: 6 current'],
      ['200 a second', '6', '0', '0', '0', 'right: 6 current'],
    ]);
  },
);

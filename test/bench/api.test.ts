import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { headers, peer } from '../support/peer.ts';

const peers = [peer('cc', 'gcc'), headers('openssl/ssl.h', 'libssl-dev')];
const missing = peers.find((each) => each.missing);

it.skipIf(missing !== undefined)(
  `the bare handlers give the same bytes as the API (${(missing ?? peers[0])?.sentence})`,
  async () => {
    const args = ['bench/api.ts', '--devices', '20', '--rounds', '1'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const rows = stdout.split('\n').filter((line) => / \| (?:offhook|bare )/.test(line));
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells).toHaveLength(4 * 3);
    for (const [, what, who, ratio, rate, wrong] of cells)
      expect([what, who, Number(ratio) > 0, Number(rate) > 0, wrong]).toEqual([what, who, true, true, '0']);
  },
);

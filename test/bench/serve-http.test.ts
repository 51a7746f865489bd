import { expect, it } from 'vitest';
import { measureHttp } from '../../bench/serve/http.ts';
import { headers, peer } from '../support/peer.ts';

const peers = [
  peer('cc', 'gcc'),
  headers('openssl/ssl.h', 'libssl-dev'),
  peer('openssl', 'openssl'),
  peer('taskset', 'util-linux'),
  peer('nginx', 'nginx-light'),
  peer('caddy', 'caddy'),
];
const missing = peers.find((each) => each.missing);

it.skipIf(missing !== undefined)(
  `every server gives all its bytes, over HTTP and HTTPS, kept alive or not (${(missing ?? peers[0])?.sentence})`,
  async () => {
    const report = await measureHttp({ rounds: 1, requests: 200, connections: 8, devices: 50, cores: 1 });
    const rows = report.split('\n').filter((line) => /^\| (?:offhook|nginx|caddy)/.test(line));
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells).toHaveLength(4 * 4 + 4);
    for (const [, server, , , , rate, , , failed, wrong] of cells.slice(0, 16)) {
      expect([server, failed, wrong]).toEqual([server, '0', '0']);
      expect(Number(rate), server).toBeGreaterThan(0);
    }
  },
);

import { execFileSync, spawnSync } from 'node:child_process';

const inside = 'OFFHOOK_BENCH_INSIDE';

export const isInside = (): boolean => process.env[inside] === '1';

/** This program once more, in a network of its own. Gives its exit status; throws a sentence where that cannot be had. */
export function runInside(): number {
  const command = ['--net', '--', process.execPath, ...process.argv.slice(1)];
  const { status, error } = spawnSync('unshare', command, { stdio: 'inherit', env: { ...process.env, [inside]: '1' } });
  if (error) throw new Error('a network namespace needs root, and unshare (Debian’s util-linux)', { cause: error });
  return status ?? 1;
}

export const bringUp = (): void => void execFileSync('ip', ['link', 'set', 'lo', 'up'], { stdio: 'pipe' });

/** From now on so many of a hundred SIP datagrams are lost, each way. Throws a sentence without nftables. */
export function lose(percent: number): void {
  const one = (side: string) => `udp ${side} 5060 numgen random mod 100 < ${percent} drop;`;
  const hook = `type filter hook input priority 0; ${one('sport')} ${one('dport')}`;
  try {
    execFileSync('nft', [`table inet loss { chain input { ${hook} }; }`], { stdio: 'pipe' });
  } catch (cause) {
    throw new Error('loss needs nft (Debian’s nftables)', { cause });
  }
}

export const loseNothing = (): void => void spawnSync('nft', ['delete', 'table', 'inet', 'loss'], { stdio: 'ignore' });

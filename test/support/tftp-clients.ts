import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Peer, peer } from './peer.ts';

const run = promisify(execFile);

/** A TFTP client that others wrote. */
export interface TftpClient {
  readonly name: string;
  readonly peer: Peer;
  /** The options that it is started with. */
  readonly asks: Asks;
  /** The options for small blocks, and for a network on which these make it fail or wait. */
  readonly asksOfBadNetwork?: Asks;
  /** The options for a file of more than 65,535 blocks; without them it does not fetch one. */
  readonly asksOfManyBlocks?: Asks;
  /** Fetches into the local file; rejects with what the program says. */
  fetch(request: { port: number; path: string; local: string; asks: Asks }): Promise<unknown>;
}

export interface Asks {
  readonly mode?: 'netascii';
  readonly blksize?: number;
  readonly windowsize?: number;
  /** No options at all. */
  readonly bare?: boolean;
}

const atftp: TftpClient['fetch'] = ({ port, path, local, asks }) => {
  const { blksize, windowsize } = asks;
  const options = Object.entries({ blksize, windowsize, tsize: blksize && 0 }).filter(
    ([, value]) => value !== undefined,
  );
  const args = options.flatMap(([name, value]) => ['--option', `${name} ${value}`]);
  return run('atftp', ['--get', ...args, '-r', path, '-l', local, '127.0.0.1', String(port)]);
};

const busybox: TftpClient['fetch'] = ({ port, path, local, asks: { blksize } }) => {
  const block = blksize ? ['-b', String(blksize)] : [];
  return run('busybox', ['tftp', '-g', ...block, '-r', path, '-l', local, '127.0.0.1', String(port)]);
};

const curl: TftpClient['fetch'] = ({ port, path, local, asks: { blksize, bare } }) => {
  const options = [...(blksize ? ['--tftp-blksize', String(blksize)] : []), ...(bare ? ['--tftp-no-options'] : [])];
  // The path begins with a slash in the URL, and without it on the wire.
  return run('curl', ['-sS', ...options, '-o', local, `tftp://127.0.0.1:${port}/${path}`]);
};

/** Ends with 0 also after an error; then it says so and leaves the file empty. */
const hpa: TftpClient['fetch'] = async ({ port, path, local, asks: { mode = 'octet' } }) => {
  const { stdout } = await run('tftp', ['-m', mode, '127.0.0.1', String(port), '-c', 'get', path, local]);
  if (/error|timed out/i.test(stdout)) throw new Error(stdout);
};

interface NpmTftp {
  createClient(options: object): { get(remote: string, local: string, done: (error?: Error) => void): void };
}

const npmTftp: TftpClient['fetch'] = ({ port, path, local, asks }) => {
  const { createClient } = createRequire(import.meta.url)('tftp') as NpmTftp;
  // Milliseconds; it sends them as the seconds of RFC 2349, where 300 is out of bounds and ignored.
  const timing = { timeout: 300, retries: 20 };
  const options = { host: '127.0.0.1', port, blockSize: asks.blksize, windowSize: asks.windowsize, ...timing };
  const client = createClient(options);
  return promisify(client.get.bind(client))(path, local);
};

const always: Peer = { missing: false, sentence: 'needs nothing' };
const tftpHpa = peer('tftp', 'tftp-hpa');

const small = { blksize: 512 };

export const tftpClients: readonly TftpClient[] = [
  { name: 'tftp-hpa', peer: tftpHpa, asks: {}, asksOfManyBlocks: {}, fetch: hpa },
  { name: 'tftp-hpa in netascii', peer: tftpHpa, asks: { mode: 'netascii' }, fetch: hpa },
  { name: 'atftp', peer: peer('atftp', 'atftp'), asks: {}, fetch: atftp },
  {
    name: 'atftp with windows',
    peer: peer('atftp', 'atftp'),
    asks: { blksize: 1428, windowsize: 16 },
    asksOfBadNetwork: { blksize: 512, windowsize: 4 },
    asksOfManyBlocks: { blksize: 8, windowsize: 16 },
    fetch: atftp,
  },
  {
    name: 'curl',
    peer: peer('curl', 'curl'),
    asks: { blksize: 1428 },
    // With options it asks for a timeout of 6 s, and waits that long for each packet that was lost.
    asksOfBadNetwork: { bare: true },
    asksOfManyBlocks: { blksize: 8 },
    fetch: curl,
  },
  { name: 'curl without options', peer: peer('curl', 'curl'), asks: { bare: true }, fetch: curl },
  { name: 'busybox', peer: peer('busybox', 'busybox'), asks: {}, asksOfManyBlocks: { blksize: 64 }, fetch: busybox },
  {
    name: 'busybox with large blocks',
    peer: peer('busybox', 'busybox'),
    asks: { blksize: 1428 },
    asksOfBadNetwork: small,
    fetch: busybox,
  },
  {
    name: 'npm tftp with windows',
    peer: always,
    asks: { blksize: 1428, windowsize: 4 },
    // Of a window whose blocks come in another order it acknowledges, and writes, the wrong ones (tftp 0.1.2).
    asksOfBadNetwork: { blksize: 512, windowsize: 1 },
    asksOfManyBlocks: { blksize: 8, windowsize: 4 },
    fetch: npmTftp,
  },
];

/** Fetches a file and gives its bytes. */
export async function fetchWith(
  client: TftpClient,
  { port, path, asks = client.asks }: { port: number; path: string; asks?: Asks },
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'offhook-tftp-'));
  try {
    const local = join(folder, 'got');
    await client.fetch({ port, path, local, asks });
    return await readFile(local);
  } finally {
    await rm(folder, { recursive: true });
  }
}

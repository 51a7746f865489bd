import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import { formatPlan } from '../../src/commands/format-plan.ts';
import { createLog } from '../../src/log.ts';
import type { FetchFact, NotifyFact } from '../../src/model/fact.ts';
import { createDaemon, type Daemon, type DaemonOptions } from '../../src/serve.ts';
import { readJournal } from '../../src/state/journal.ts';
import { type Packet, parsePacket, writeAck, writeRequest } from '../../src/tftp/packet.ts';
import { type Project, shipped } from './project.ts';
import { until } from './until.ts';

/** A daemon in this process, on real sockets of 127.0.0.1, and what it has said. */
export interface RunningDaemon {
  readonly httpPort: number;
  readonly tftpPort: number;
  /** Where HTTPS is served since the start. */
  readonly httpsPort?: number;
  readonly log: readonly string[];
  /** Waits for the next line that fits, `from` a line on. */
  said(what: RegExp, from?: number): Promise<string>;
  /** Does something and waits for the first line after it that fits. */
  after(act: () => unknown, what: RegExp): Promise<string>;
  /** Does something, and waits until a build was accepted and everybody was told who had to be; gives whom, by MAC. */
  told(act: () => unknown): Promise<NotifyFact[]>;
  get(path: string, options?: GetOptions): Promise<HttpAnswer>;
  /** Over TFTP; rejects with the words of an ERROR. */
  rrq(path: string, from?: string): Promise<string>;
  fetches(): FetchFact[];
  notifies(): NotifyFact[];
  stop: Daemon['stop'];
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Address to ask from. */
  readonly from?: string;
  readonly method?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Events are told soon, and lost ones found soon. */
const quick = {
  watch: { quiet: 20, scan: 200 },
  retry: 100,
} as const;

export type StartOptions = Partial<
  Pick<
    DaemonOptions,
    'notify' | 'timing' | 'httpPort' | 'tftpPort' | 'httpsPort' | 'out' | 'state' | 'manifest' | 'workers'
  >
>;

export function daemonOf(project: Project, log: string[], options: StartOptions = {}): Daemon {
  return createDaemon({
    project: { dir: project.dir, shipped },
    ...{ out: project.out, state: project.state, host: '127.0.0.1', httpPort: 0, tftpPort: 0, notify: true },
    log: createLog((line) => void log.push(line)),
    formatPlan,
    ...options,
    timing: { ...quick, ...options.timing },
  });
}

/** Stopped when the test has ended. */
export async function startDaemon(project: Project, options: StartOptions = {}): Promise<RunningDaemon> {
  const log: string[] = [];
  const daemon = daemonOf(project, log, options);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= daemon.stop();
    return stopped;
  };
  onTestFinished(stop);
  const { http, tftp, https } = await daemon.start();

  const said = (what: RegExp, from = 0) =>
    until(
      () => `a line that fits ${what} in\n${log.slice(from).join('')}`,
      () => log.slice(from).find((line) => what.test(line)),
    );
  const after = async (act: () => unknown, what: RegExp) => {
    const from = log.length;
    await act();
    return said(what, from);
  };
  const journal = <T>(read: (reader: NonNullable<ReturnType<typeof readJournal>>) => T[]): T[] => {
    const reader = readJournal({ folder: project.state });
    if (!reader) return [];
    try {
      return read(reader);
    } finally {
      reader.close();
    }
  };
  const notifies = () => journal((reader) => reader.notifies({ limit: Number.POSITIVE_INFINITY, order: 'oldest' }));
  return {
    httpPort: http.port,
    tftpPort: tftp.port,
    httpsPort: https?.port,
    log,
    said,
    after,
    async told(act) {
      const before = notifies().length;
      const line = await after(act, /build accepted .* changed=[1-9]/);
      const touched = Number(/touched=(\d+)/.exec(line)?.[1]);
      return until(
        () => `${touched} NOTIFYs in\n${log.join('')}`,
        () => notifies().length >= before + touched && notifies().slice(before),
      );
    },
    get: (path, options) => get(http.port, path, options),
    rrq: (path, from) => rrq(tftp.port, path, from),
    fetches: () => journal((reader) => reader.fetches({ limit: Number.POSITIVE_INFINITY, order: 'oldest' })),
    notifies,
    stop,
  };
}

function get(port: number, path: string, { headers = {}, from, method = 'GET' }: GetOptions = {}): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const asked = request({ host: '127.0.0.1', port, path, method, headers, localAddress: from, agent: false });
  asked.on('error', reject);
  asked.on('response', async (response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() });
  });
  asked.end();
  return promise;
}

/** Blocks of 512 bytes, one at a time, over a network without faults. */
function rrq(port: number, path: string, from = '127.0.0.1'): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = createSocket('udp4');
  const blocks: Buffer[] = [];
  const take = (packet: Packet, reply: number) => {
    if (packet.kind === 'error') return end(() => reject(new Error(packet.message)));
    if (packet.kind !== 'data') return;
    socket.send(writeAck(packet.block), reply, '127.0.0.1');
    if (packet.block === blocks.length + 1) blocks.push(Buffer.from(packet.bytes));
    if (packet.bytes.length < 512) end(() => resolve(Buffer.concat(blocks).toString()));
  };
  const end = (settle: () => void) => {
    settle();
    setTimeout(() => socket.close(), 20);
  };
  socket.on('message', (datagram, { port: reply }) => take(parsePacket(datagram), reply));
  socket.bind(0, from, () =>
    socket.send(writeRequest({ method: 'RRQ', path, mode: 'octet', options: [] }), port, '127.0.0.1'),
  );
  return promise;
}

import type { TftpServerOptions } from '../../src/serving/tftp/server.ts';

const pool = { answerPorts: Array.from({ length: 16 }, () => 0) };

export interface TftpWay {
  readonly way: string;
  readonly options: Partial<TftpServerOptions>;
}

/** The ways in which the TFTP server may answer; the packets are the same. */
export const tftpWays: readonly TftpWay[] = [
  { way: 'the port that was asked', options: {} },
  { way: 'a pool of ports', options: pool },
  { way: 'the port that was asked, in batches', options: { batched: true } },
  { way: 'a pool of ports, in batches', options: { ...pool, batched: true } },
];

/** For tests that take their time. */
export const mostDifferentWays: readonly TftpWay[] = [tftpWays[0]!, tftpWays[3]!];

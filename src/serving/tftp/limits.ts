import type { Ceilings } from './options.ts';
import type { SourcesOptions } from './source.ts';
import type { TableLimits } from './table.ts';
import type { Retry } from './transfer.ts';

export interface Limits extends Ceilings, TableLimits, SourcesOptions {
  readonly retry: Retry;
  /** Milliseconds that a file may take to be found and opened. */
  readonly opening: number;
  /** Milliseconds that transfers under way get to finish when the server stops. */
  readonly grace: number;
}

export const defaultLimits: Limits = {
  blockSize: 1468, // 1500 of Ethernet less IPv4 20, UDP 8, TFTP 4
  windowSize: 64,
  windowBytes: 256 * 1024,
  transfers: 20_000,
  perAddress: 5_000,
  memory: 64 * 1024 * 1024,
  chunk: 256 * 1024,
  retry: { first: 300, most: 4000, tries: 6, farewell: 8000 }, // a first wait of 1 s doubles the time of a lossy boot
  opening: 12_000,
  grace: 10_000,
};

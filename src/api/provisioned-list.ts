import { createBreathe } from '../breath.ts';
import type { Device } from '../model/device.ts';
import { demandSite, type FleetDeps } from './fleet.ts';
import { provisionedOf } from './provisioned.ts';

/** Devices of a piece: what changes with one of them is no more than that. */
const together = 500;
/** Milliseconds that an answer is kept that nobody asks for. */
const keptFor = 60_000;

/** A piece of the list in JSON, without brackets, and the times that stand in it. */
interface Piece {
  readonly bytes: Buffer;
  readonly times: Float64Array;
}

interface Kept {
  readonly site: object;
  readonly told: number;
  readonly pieces: readonly Piece[];
  readonly whole: Buffer;
}

type Deps = Pick<FleetDeps, 'site' | 'devices' | 'begunAt' | 'fetchedAt' | 'told'>;

/**
 * All devices as JSON. Of 100,000 these are 20 MB, which are made in pieces, so that phones have their turn in between, and kept
 * until something is told: then the pieces that it is about are made anew.
 */
export function createProvisionedList(deps: Deps): () => Promise<Buffer> {
  let kept: Kept | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const forget = setTimeout(() => (kept = undefined), keptFor).unref();

  async function answer(): Promise<Buffer> {
    const site = demandSite(deps);
    forget.refresh();
    const told = deps.told();
    if (kept?.site === site && kept.told === told) return kept.whole;
    const known = kept?.site === site ? kept.pieces : [];
    const pieces = await piecesOf(deps.devices(), known);
    const whole = joined(pieces.map(({ bytes }) => bytes));
    kept = { site, told, whole, pieces: within(whole, pieces) };
    return whole;
  }

  async function piecesOf(devices: readonly Device[], known: readonly Piece[]): Promise<Piece[]> {
    const pieces: Piece[] = [];
    const breathe = createBreathe();
    for (let start = 0; start < devices.length; start += together) {
      const some = devices.slice(start, start + together);
      const before = known[start / together];
      pieces.push(before && isAsItWas(some, before) ? before : pieceOf(some));
      const pause = breathe();
      if (pause) await pause;
    }
    return pieces;
  }

  function isAsItWas(devices: readonly Device[], { times }: Piece): boolean {
    const now = timesOf(devices);
    return now.every((time, index) => time === times[index]);
  }

  function timesOf(devices: readonly Device[]): Float64Array {
    const times = new Float64Array(2 * devices.length);
    for (const [index, { mac }] of devices.entries()) {
      times[2 * index] = deps.begunAt(mac) ?? 0;
      times[2 * index + 1] = deps.fetchedAt(mac) ?? 0;
    }
    return times;
  }

  function pieceOf(devices: readonly Device[]): Piece {
    const text = JSON.stringify(devices.map((device) => provisionedOf(device, deps))).slice(1, -1);
    return { bytes: Buffer.from(text), times: timesOf(devices) };
  }

  return () => {
    // One after the other: whoever comes while it is made has what was told until he came.
    const made = turn.then(answer);
    turn = made.catch(() => {});
    return made;
  };
}

const [open, comma, close] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')];

const joined = (pieces: readonly Buffer[]): Buffer =>
  Buffer.concat([open, ...pieces.flatMap((bytes, index) => (index === 0 ? [bytes] : [comma, bytes])), close]);

/** The same pieces as parts of the whole: their bytes need not be kept twice. */
function within(whole: Buffer, pieces: readonly Piece[]): Piece[] {
  let start = 1;
  return pieces.map(({ bytes: { length }, times }) => {
    const bytes = whole.subarray(start, start + length);
    start += length + 1;
    return { bytes, times };
  });
}

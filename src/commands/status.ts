import { setTimeout as wait } from 'node:timers/promises';
import { nearest } from '../model/nearest.ts';
import { type State, states } from '../state/convergence.ts';
import { directoriesIn } from '../state/directories.ts';
import { type FleetDevice, readFleet } from '../state/fleet.ts';
import { painted } from './colors.ts';
import type { Console, Place } from './command.ts';
import { countStates, formatStatus, formatStatusJson, lineOf, type StatusFormat } from './format-status.ts';

export interface StatusArguments extends Pick<Place, 'out' | 'state'> {
  readonly group?: string;
  readonly only?: State;
  /** Goes on with what changes. */
  readonly watch: boolean;
  /** Until all are current. */
  readonly wait: boolean;
  /** Milliseconds that `wait` waits at most. */
  readonly timeout: number;
  readonly format: StatusFormat;
  /** Whether standard output is a terminal, which is drawn anew; anything else gets lines. */
  readonly isTerminal: boolean;
}

/**
 * `--state` names a state to list, or the folder as it does everywhere; given twice, both. A folder that is called as a
 * state is written `./current`.
 */
export function folderAndState(given: string | readonly string[] | undefined): {
  readonly folder?: string;
  readonly only?: State;
} {
  const words = given === undefined ? [] : [given].flat();
  const isState = (word: string): word is State => states.some((state) => state === word);
  const [only, ...moreStates] = words.filter(isState);
  const [folder, ...moreFolders] = words.filter((word) => !isState(word));
  if (moreStates.length + moreFolders.length > 0) throw new Error('--state is given twice');
  return { folder, only };
}

/** From one look to the next, milliseconds. */
const everyMs = 1000;

/**
 * Says where each device stands between what it is meant to have and what it fetched. Reads the state folder alone; no
 * daemon need run. 0; with `wait` 0 when all are current, else 1 at the timeout, with those that are not.
 */
export async function status(options: StatusArguments, console: Console): Promise<number> {
  const { only, format } = options;
  const show = (devices: readonly FleetDevice[]) => {
    const shown = { devices, only, directories: directoriesIn(options.state) };
    return format === 'json' ? formatStatusJson(shown) : painted(formatStatus(shown), 'states', console.isColored);
  };
  if (options.wait || options.watch) return follow(options, { console, show });
  console.out(show(look(options)));
  return 0;
}

type Show = (devices: readonly FleetDevice[]) => string;

async function follow(options: StatusArguments, { console, show }: { console: Console; show: Show }): Promise<number> {
  const stopped = console.onStop();
  const until = Date.now() + options.timeout;
  let last = '';
  const draw = (devices: readonly FleetDevice[]) => {
    if (options.isTerminal && options.format === 'text') console.out(`\x1b[H\x1b[2J${show(devices)}`);
    else if (countsLine(devices) !== last) console.out(options.format === 'json' ? show(devices) : countsLine(devices));
    last = countsLine(devices);
  };
  for (;;) {
    const begun = Date.now();
    const isLate = begun >= until;
    const devices = options.wait && !isLate && !stopped.aborted ? soon(options) : look(options);
    if (options.watch) draw(devices);
    const isDone = devices.length > 0 && devices.every(({ state }) => state === 'current');
    if (options.wait && (isDone || isLate || stopped.aborted)) {
      if (!options.watch) console.out(options.format === 'json' || isDone ? show(devices) : notCurrent(devices));
      return isDone ? 0 : 1;
    }
    if (stopped.aborted) return 0;
    // A large fleet is not read all the time.
    const pause = Math.max(everyMs, 2 * (Date.now() - begun));
    await wait(options.wait ? Math.min(pause, Math.max(1, until - Date.now())) : pause, undefined, {
      signal: stopped,
    }).catch(() => {});
  }
}

/** Nobody yet, where the daemon may be about to build what is waited for. */
function soon(options: StatusArguments): FleetDevice[] {
  try {
    return look(options);
  } catch {
    return [];
  }
}

/** @throws Error with a sentence when nothing was ever built, or there is no such group */
function look({ state, out, group }: StatusArguments): FleetDevice[] {
  const fleet = readFleet({ state, out, now: Date.now() });
  if (!fleet)
    throw new Error(
      `there is no journal in ${state}: \`offhook serve\` has not run here, or has its --state elsewhere`,
    );
  if (group === undefined) return fleet;
  const devices = fleet.filter((device) => device.group === group);
  if (devices.length > 0) return devices;
  const guess = nearest(group, new Set(fleet.flatMap((device) => device.group ?? [])));
  throw new Error(`no device is in the group "${group}"${guess ? ` (did you mean "${guess}"?)` : ''}`);
}

function countsLine(devices: readonly FleetDevice[]): string {
  const counts = Object.entries(countStates(devices)).filter(([, count]) => count > 0);
  return `${counts.map(([state, count]) => `${state}=${count}`).join(' ') || 'no devices'}\n`;
}

const notCurrent = (devices: readonly FleetDevice[]): string =>
  devices
    .filter(({ state }) => state !== 'current')
    .map((device) => `${lineOf(device)}\n`)
    .join('') || 'no devices\n';

import { setTimeout as wait } from 'node:timers/promises';
import { nearest } from '../model/nearest.ts';
import { type State, states } from '../state/convergence.ts';
import { directoriesIn } from '../state/directories.ts';
import { type FleetDevice, readFleet } from '../state/fleet.ts';
import { readPinned } from '../state/pins.ts';
import { type RolloutReport, readRollout } from '../state/rollout-report.ts';
import { painted } from './colors.ts';
import type { Console, Place } from './command.ts';
import { countStates, formatStatus, formatStatusJson, lineOf, type StatusFormat } from './format-status.ts';
import { createWaiting, type Looked, type Progress, wantedCommit } from './wait-for.ts';

export interface StatusArguments extends Pick<Place, 'dir' | 'out' | 'state'> {
  readonly group?: string;
  readonly only?: State;
  /** Goes on with what changes. */
  readonly watch: boolean;
  /** Until all are current. */
  readonly wait: boolean;
  /** What `wait` waits for; HEAD of a clean repository when it is not given. */
  readonly commit?: string;
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
 * daemon need run. 0; with `wait` 0 when the commit is built and all are current, else 1: at once when that will not come
 * to be by itself, and at the timeout, with those that are not.
 */
export async function status(options: StatusArguments, console: Console): Promise<number> {
  const { only, format } = options;
  if (options.commit !== undefined && !options.wait) throw new Error('--commit goes with --wait');
  const show = ({ devices, pins }: Looked) => {
    const rollout = readRollout(options);
    const shown = {
      devices: withWaits(devices, rollout),
      pins,
      only,
      directories: directoriesIn(options.state),
      rollout,
    };
    return format === 'json' ? formatStatusJson(shown) : painted(formatStatus(shown), 'states', console.isColored);
  };
  if (options.wait || options.watch) return follow(options, { console, show });
  console.out(show(look(options)));
  return 0;
}

/** Why somebody is not told yet stands behind what is known of him. */
const withWaits = (devices: readonly FleetDevice[], { reasons }: RolloutReport): readonly FleetDevice[] =>
  reasons.size === 0
    ? devices
    : devices.map((device) => {
        const words = device.state === 'current' ? undefined : reasons.get(device.mac);
        return words === undefined ? device : { ...device, reason: `${device.reason}; ${words}` };
      });

interface Shown {
  readonly console: Console;
  readonly show: (looked: Looked) => string;
}

async function follow(options: StatusArguments, { console, show }: Shown): Promise<number> {
  const stopped = console.onStop();
  const until = Date.now() + options.timeout;
  const waitingFor = options.wait ? createWaiting(await wantedCommit(options.commit, options), options) : undefined;
  let last = '';
  const draw = (looked: Looked) => {
    const line = countsLine(looked.devices);
    if (options.isTerminal && options.format === 'text') console.out(`\x1b[H\x1b[2J${show(looked)}`);
    else if (line !== last) console.out(options.format === 'json' ? show(looked) : line);
    last = line;
  };
  for (;;) {
    const begun = Date.now();
    const isOver = begun >= until || stopped.aborted;
    // Before the devices: what was built says what they are meant to have.
    const built = await waitingFor?.built(begun);
    const looked = options.wait && !isOver ? soon(options) : look(options);
    if (options.watch) draw(looked);
    const progress = built?.kind === 'done' ? waitingFor?.devices(looked) : built;
    if (progress && (progress.kind !== 'waiting' || isOver)) {
      if (!options.watch) console.out(answerOf(progress, { looked, show, format: options.format }));
      if (progress.kind !== 'done' && progress.why) console.err(`offhook: ${progress.why}\n`);
      return progress.kind === 'done' ? 0 : 1;
    }
    if (stopped.aborted) return 0;
    // A large fleet is not read all the time.
    const pause = Math.max(everyMs, 2 * (Date.now() - begun));
    const longest = options.wait ? Math.min(pause, Math.max(1, until - Date.now())) : pause;
    await wait(longest, undefined, { signal: stopped }).catch(() => {});
  }
}

interface Answered extends Pick<Shown, 'show'> {
  readonly looked: Looked;
  readonly format: StatusFormat;
}

const answerOf = ({ kind }: Progress, { looked, show, format }: Answered): string =>
  format === 'json' || kind === 'done' ? show(looked) : notCurrent(looked.devices);

/** Nobody yet, where the daemon may be about to build what is waited for. */
function soon(options: StatusArguments): Looked {
  try {
    return look(options);
  } catch {
    return { devices: [], pins: new Map(), changes: -1 };
  }
}

/** @throws Error with a sentence when nothing was ever built, or there is no such group */
function look(options: StatusArguments): Looked {
  const { pins, changes } = readPinned({ folder: options.state });
  const devices = devicesOf(options);
  const macs = new Set(options.group === undefined ? [] : devices.map(({ mac }) => mac));
  const some = options.group === undefined ? pins : new Map([...pins].filter(([mac]) => macs.has(mac)));
  return { devices, pins: some, changes };
}

function devicesOf({ state, out, group }: StatusArguments): FleetDevice[] {
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
  devices.length === 0
    ? 'no devices\n'
    : devices
        .filter(({ state }) => state !== 'current')
        .map((device) => `${lineOf(device)}\n`)
        .join('');

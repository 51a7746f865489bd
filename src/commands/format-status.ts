import { formatMac, type Mac } from '../model/mac.ts';
import { visible } from '../problem.ts';
import { type State, states } from '../state/convergence.ts';
import type { Answered } from '../state/directories.ts';
import type { FleetDevice } from '../state/fleet.ts';
import { ago } from '../state/judge.ts';
import type { Pin } from '../state/pins.ts';
import type { RolloutReport } from '../state/rollout-report.ts';
import { rolloutJson, rolloutLines } from './format-rollout.ts';

export const statusFormats = ['text', 'json'] as const;
export type StatusFormat = (typeof statusFormats)[number];

export interface Shown {
  readonly devices: readonly FleetDevice[];
  /** Only devices of this state are listed. */
  readonly only?: State;
  /** The directories that people come from. */
  readonly directories?: readonly Answered[];
  /** Devices that keep the files of an earlier revision. */
  readonly pins?: ReadonlyMap<Mac, Pin>;
  /** How it is with the changes that not everybody has yet. */
  readonly rollout?: RolloutReport;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

export type Counts = Readonly<Record<State, number>>;

export function countStates(devices: readonly FleetDevice[]): Counts {
  const counts = Object.fromEntries(states.map((state) => [state, 0])) as Record<State, number>;
  for (const { state } of devices) counts[state]++;
  return counts;
}

/** Who needs a person first. */
const urgency: readonly State[] = [
  'stuck',
  'unreachable',
  'stale',
  'unseen',
  'pending',
  'notified',
  'fetching',
  'current',
];
/** Of each state, unless somebody asks for one: the whole is to fit a screen. */
const mostListed = 20;

/** Counts first, one line for each state that there is; then who is not current, with the reason, who needs a person first. */
export function formatStatus({ devices, only, directories = [], now = Date.now(), ...more }: Shown): string {
  const { pins = new Map(), rollout } = more;
  const counts = countStates(devices);
  const lines = states
    .filter((state) => counts[state] > 0 || state === 'current')
    .map((state) => `${state.padEnd(11)} ${String(counts[state]).padStart(7)}`);
  const listed = urgency
    .filter((state) => (only === undefined ? state !== 'current' : state === only))
    .flatMap((state) =>
      listOf(
        devices.filter((device) => device.state === state),
        only === undefined ? mostListed : Number.POSITIVE_INFINITY,
      ),
    );
  const answered = directories.map(
    ({ into, at }) => `${visible(into)}: the directory answered ${ago(at, now)}, ${new Date(at).toISOString()}`,
  );
  const pinned = pinnedLines([...pins.values()], now);
  const rolled = rollout ? rolloutLines(rollout, now) : [];
  const parts = [lines, pinned, rolled, answered, listed].filter((part) => part.length > 0);
  return parts.map((part) => part.map((line) => `${line}\n`).join('')).join('\n');
}

const titles: readonly (readonly [Pin['cause'], string])[] = [
  ['person', 'pinned to an earlier revision, whatever git says (offhook rollback DEVICE --release)'],
  ['canary', 'back at an earlier revision: a canary failed, and the rollout has stopped'],
  ['rollout', 'held back until it is their turn'],
];

/** Loud: nothing else says that what git says is not what phones have. */
function pinnedLines(pins: readonly Pin[], now: number): string[] {
  return titles.flatMap(([cause, title]) => {
    const some = pins.filter((pin) => pin.cause === cause);
    if (some.length === 0) return [];
    const most = cause === 'rollout' ? 0 : mostListed;
    const listed = some.slice(0, most).map(({ device, revision, at, reason }) => {
      const why = reason === undefined ? '' : `: ${reason}`;
      return visible(`  ${formatMac(device)}  at ${revision} since ${ago(at, now).replace(/ ago$/, '')}${why}`);
    });
    const more = most > 0 && some.length > most ? [`  and ${some.length - most} more`] : [];
    return [`NOTE: ${some.length} ${some.length === 1 ? 'device is' : 'devices are'} ${title}`, ...listed, ...more];
  });
}

function listOf(devices: readonly FleetDevice[], most: number): string[] {
  const more = devices.length - most;
  const lines = devices.slice(0, most).map(lineOf);
  if (more > 0) lines.push(`and ${more} more: offhook status --state ${devices[0]?.state}`);
  return lines;
}

export function lineOf({ mac, extension, state, address, reason }: FleetDevice): string {
  const columns = [formatMac(mac), (extension ?? '-').padEnd(6), state.padEnd(11), (address ?? '-').padEnd(15), reason];
  return visible(columns.join('  '));
}

/** On one line, times in milliseconds since 1970; counts are of all devices, the list of those of the state that is asked for. */
export function formatStatusJson({ devices, only, directories = [], pins = new Map(), rollout }: Shown): string {
  const listed = only === undefined ? devices : devices.filter(({ state }) => state === only);
  const answered = directories.map(({ into, at }) => ({ file: into, answered_at: at }));
  const shown = { counts: countStates(devices), rollout: rollout && rolloutJson(rollout), pins: [...pins.values()] };
  return `${JSON.stringify({ ...shown, directories: answered, devices: listed })}\n`;
}

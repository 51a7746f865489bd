import { formatMac } from '../model/mac.ts';
import { visible } from '../problem.ts';
import { type State, states } from '../state/convergence.ts';
import type { Answered } from '../state/directories.ts';
import type { FleetDevice } from '../state/fleet.ts';
import { ago } from '../state/judge.ts';

export const statusFormats = ['text', 'json'] as const;
export type StatusFormat = (typeof statusFormats)[number];

export interface Shown {
  readonly devices: readonly FleetDevice[];
  /** Only devices of this state are listed. */
  readonly only?: State;
  /** The directories that people come from. */
  readonly directories?: readonly Answered[];
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
export function formatStatus({ devices, only, directories = [], now = Date.now() }: Shown): string {
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
  const parts = [lines, answered, listed].filter((part) => part.length > 0);
  return parts.map((part) => part.map((line) => `${line}\n`).join('')).join('\n');
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
export function formatStatusJson({ devices, only, directories = [] }: Shown): string {
  const listed = only === undefined ? devices : devices.filter(({ state }) => state === only);
  const answered = directories.map(({ into, at }) => ({ file: into, answered_at: at }));
  return `${JSON.stringify({ counts: countStates(devices), directories: answered, devices: listed })}\n`;
}

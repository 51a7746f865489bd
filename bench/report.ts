import { cpus } from 'node:os';
import type { BuildReport, DaemonReport, FloorReport } from './child.ts';
import type { EditTimes } from './edit.ts';
import type { Cost, Memory } from './meter.ts';

/** All that was measured of one site in one round. */
export interface Round {
  readonly devices: number;
  readonly render: FloorReport;
  readonly write: FloorReport;
  /** A build into an empty folder, and one after it with nothing changed. */
  readonly full: BuildReport;
  readonly nothing: BuildReport;
  /** Each edit of one daemon, and what an edit cost the processor on average. */
  readonly times: readonly EditTimes[];
  readonly cpu: number;
  readonly daemon: DaemonReport;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const machine = (): string =>
  `${cpus().length} cores, Node ${process.versions.node}, ${process.platform}, ${new Date().toISOString().slice(0, 10)}`;

const floorOf = ({ render, write }: Round, what: keyof Cost): number => render.cost[what] + write.cost[what];
const editOf = ({ times }: Round, what: keyof EditTimes): number => median(times.map((time) => time[what]));

/** A Markdown table: the ratio first, then what it is a ratio of. Each figure is the median over the rounds. */
export function sizeTable(rounds: readonly Round[]): string {
  const [first] = rounds;
  if (!first) return '';
  const over = (figure: (round: Round) => number) => median(rounds.map(figure));
  const rows = [
    row('full build / (render floor + write floor)', '1.5', {
      ratio: over((round) => round.full.wall / floorOf(round, 'wall')),
      cost: costOver(rounds, ({ full }) => full),
      memory: { ...memoryOver(rounds, ({ full }) => full), kept: undefined },
    }),
    row('… the same by processor time', '', { ratio: over((round) => round.full.cpu / floorOf(round, 'cpu')) }),
    row('nothing changed / full build', '', {
      ratio: over(({ nothing, full }) => nothing.wall / full.wall),
      cost: costOver(rounds, ({ nothing }) => nothing),
      memory: { ...memoryOver(rounds, ({ nothing }) => nothing), kept: undefined },
    }),
    row('one name: edit to bytes / full build', '0.1', {
      ratio: over((round) => editOf(round, 'disk') / round.full.wall),
      cost: { wall: over((round) => editOf(round, 'disk')), cpu: over(({ cpu }) => cpu) },
      memory: memoryOver(rounds, ({ daemon }) => daemon),
    }),
    row('one name: edit to NOTIFY / full build', '0.1', {
      ratio: over((round) => editOf(round, 'notify') / round.full.wall),
      cost: { wall: over((round) => editOf(round, 'notify')), cpu: Number.NaN },
    }),
    row('floor: rendered by bare nunjucks', '', { cost: costOver(rounds, ({ render }) => render.cost) }),
    row('floor: written by a bare loop', '', { cost: costOver(rounds, ({ write }) => write.cost) }),
  ];
  const { files, bytes } = first.write;
  const title = `${first.devices} devices, ${files} files, ${mega(bytes)} MB, ${rounds.length} rounds`;
  return [`\n### ${title}\n`, ...head, ...rows].join('\n');
}

const head = [
  '| ratio | wanted | of what | wall s | CPU s | RSS MB | heap MB | kept MB |',
  '|--:|--:|---|--:|--:|--:|--:|--:|',
];

interface Row {
  readonly ratio?: number;
  readonly cost?: Cost;
  readonly memory?: Pick<Memory, 'rss' | 'heap'> & Partial<Memory>;
}

function row(what: string, wanted: string, { ratio, cost, memory }: Row): string {
  const figures = [cost?.wall, cost?.cpu].map((value) => figure(value));
  const sizes = [memory?.rss, memory?.heap, memory?.kept].map((value) => (value === undefined ? '' : mega(value)));
  return `| ${figure(ratio)} | ${wanted} | ${what} | ${[...figures, ...sizes].join(' | ')} |`;
}

const figure = (value?: number): string => (value === undefined || Number.isNaN(value) ? '' : value.toPrecision(3));
const mega = (bytes: number): string => (bytes / 1e6).toFixed(0);

function costOver(rounds: readonly Round[], cost: (round: Round) => Cost): Cost {
  return { wall: median(rounds.map((round) => cost(round).wall)), cpu: median(rounds.map((round) => cost(round).cpu)) };
}

function memoryOver(rounds: readonly Round[], memory: (round: Round) => Memory): Memory {
  const over = (what: keyof Memory) => median(rounds.map((round) => memory(round)[what]));
  return { rss: over('rss'), heap: over('heap'), kept: over('kept') };
}

/** How much more an edit costs at each size than at the one before it. */
export function slopeTable(rounds: readonly Round[]): string {
  const sizes = [...Map.groupBy(rounds, ({ devices }) => devices)];
  const lines = sizes.slice(1).flatMap(([devices, here], index) => {
    const [fewer, before] = sizes[index]!;
    return (['disk', 'notify'] as const).map((what) => {
      const ratio =
        median(here.map((round) => editOf(round, what))) / median(before.map((round) => editOf(round, what)));
      return `| ${figure(ratio)} | ${fewer === 10_000 ? '3' : ''} | one name, edit to ${what === 'disk' ? 'bytes' : 'NOTIFY'}: ${devices} / ${fewer} devices |`;
    });
  });
  return ['\n| ratio | wanted | of what |', '|--:|--:|---|', ...lines].join('\n');
}

import { availableParallelism } from 'node:os';

/** Numbers of the command line. Each throws a sentence for what is none, or is out of its bounds. */

/** 0 for any port that is free. */
export const portOf = (option: string, text: string): number =>
  bounded(text, { least: 0, most: 65_535, wanted: `${option} is "${text}"; wanted a port, 1 to 65535, or 0 for any` });

export const countOf = (option: string, text: string): number =>
  bounded(text, { least: 1, most: Number.MAX_SAFE_INTEGER, wanted: `${option} is "${text}"; wanted a number from 1` });

/** Threads besides the main one. Unless somebody says how many: one a core, at most eight, none where there is one core. */
export function workersOf(option: string, text: string | undefined, cores = availableParallelism()): number {
  if (text === undefined) return cores === 1 ? 0 : Math.min(cores, 8);
  return bounded(text, { least: 0, most: 64, wanted: `${option} is "${text}"; wanted a number up to 64, 0 for none` });
}

/** A switch of the command line, or else of the environment, where 1 or true turns it on, 0, false or nothing off. */
export function switchOf(option: string, given: boolean | undefined, text = ''): boolean {
  if (given !== undefined) return given;
  if (text !== '' && !/^(?:0|1|true|false)$/.test(text)) throw new Error(`${option} is "${text}"; wanted 1 or 0`);
  return text === '1' || text === 'true';
}

/** Of more ports than that most would never be used. */
const mostPorts = 1000;

/** Ports from the first to the last: `40000-40100`. None when nothing is said. */
export function portsOf(option: string, text: string | undefined): number[] {
  if (text === undefined) return [];
  const [first = 0, last = 0] = /^\d{1,5}-\d{1,5}$/.test(text) ? text.split('-').map(Number) : [];
  if (first < 1 || last > 65_535 || last < first || last - first >= mostPorts)
    throw new Error(`${option} is "${text}"; wanted the first and the last of at most ${mostPorts} ports: 40000-40100`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Seconds, with or without a fraction. */
export function secondsOf(option: string, text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= 32) return seconds;
  throw new Error(`${option} is "${text}"; wanted seconds, over 0 and at most 32`);
}

const lengths: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `90s`, `10m` or `2h`. */
export function durationOf(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (lengths[unit] ?? 0);
  throw new Error(`${option} is "${text}"; wanted a time such as 90s, 10m or 2h`);
}

function bounded(text: string, { least, most, wanted }: { least: number; most: number; wanted: string }): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Error(wanted);
}

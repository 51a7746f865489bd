/** A time zone as phones want it: an offset and a rule, without history. */
export interface TimeZone {
  /** IANA name. */
  readonly name: string;
  /** The rule as it was read: `CET-1CEST,M3.5.0,M10.5.0/3`. */
  readonly posix: string;
  /** Standard time, seconds east of UTC. */
  readonly offset: number;
  /** Absent where clocks are not changed. */
  readonly dst?: SummerTime;
}

export interface SummerTime {
  /** Seconds that clocks are ahead of standard time; always more than 0. */
  readonly save: number;
  /** On the clock of standard time. */
  readonly start: ClockChange;
  /** On the clock of summer time. */
  readonly end: ClockChange;
}

/** The day and time at which people change their clocks. */
export interface ClockChange {
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 4: the first to fourth such weekday of the month; 5: the last. */
  readonly week: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Seconds after local midnight; may be negative, or more than a day (`withinDay`). */
  readonly time: number;
}

const day = 86_400;
const abbreviation = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const clock = '[+-]?\\d{1,3}(?::\\d{1,2}){0,2}';
const form = new RegExp(`^${abbreviation}(${clock})(?:(${abbreviation})(${clock})?(?:,([^,]+),([^,]+))?)?$`);
const dayOfMonth = new RegExp(`^M(\\d{1,2})\\.(\\d)\\.(\\d)(?:/(${clock}))?$`);

/**
 * Reads a rule as the footer of a TZif file has it (RFC 9636, sections 3.3 and 3.3.1: POSIX TZ, hours of -167 to 167).
 * Negative summer time, as Ireland's winter is written, becomes ordinary summer time. Day rules `Jn` and `n` are
 * refused: no zone of today uses one, and few phones could be told.
 * @throws RangeError that names the zone, what was seen and what is wanted
 */
export function parsePosixTimezone(name: string, posix: string): TimeZone {
  const refuse = (why: string) => new RangeError(`time zone ${name}: ${JSON.stringify(posix)} ${why}`);
  const [, standard, summer, ahead, start, end] = form.exec(posix) ?? [];
  if (standard === undefined) throw refuse('is no POSIX rule such as CET-1CEST,M3.5.0,M10.5.0/3');
  const west = seconds(standard, 24);
  if (west === undefined) throw refuse('has an offset beyond 24 hours');
  const offset = 0 - west;
  if (summer === undefined) return { name, posix, offset };
  if (start === undefined || end === undefined) throw refuse('has summer time, but does not say when');
  const summerWest = ahead === undefined ? west - 3600 : seconds(ahead, 24);
  const [from, to] = [parseChange(start), parseChange(end)];
  if (summerWest === undefined) throw refuse('has an offset beyond 24 hours');
  if (from === undefined || to === undefined)
    throw refuse('changes clocks on a day that is not of the form M3.5.0/2 (month, week, weekday, time)');
  const save = west - summerWest;
  if (save === 0) return { name, posix, offset };
  if (save < 0) return { name, posix, offset: offset + save, dst: { save: -save, start: to, end: from } };
  return { name, posix, offset, dst: { save, start: from, end: to } };
}

function parseChange(text: string): ClockChange | undefined {
  const [, month = 0, week = 0, weekday = 0, at = '2'] = dayOfMonth.exec(text) ?? [];
  const time = seconds(at, 167);
  if (time === undefined || !within(+month, 1, 12) || !within(+week, 1, 5) || !within(+weekday, 0, 6)) return undefined;
  return { month: +month, week: +week, weekday: +weekday, time };
}

function seconds(text: string, mostHours: number): number | undefined {
  const [hours = 0, minutes = 0, rest = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  if (hours > mostHours || minutes > 59 || rest > 59) return undefined;
  const sum = hours * 3600 + minutes * 60 + rest;
  return text.startsWith('-') ? 0 - sum : sum;
}

const within = (value: number, least: number, most: number) => value >= least && value <= most;

/**
 * The same change with a time of 0:00:00 to 23:59:59, for phones that take an hour of a weekday. The weekday is always
 * right. The week is the one that is right in most years, since there is often none that is right in all: `M3.4.4/50`
 * is the Saturday of 24 to 30 March, the last Saturday (25 to 31) in all years but those in which it is the 24th. In
 * those the change comes a week late (or early). A phone that takes "first Saturday on or after the 24th" is told
 * exactly: `onOrAfter`.
 */
export function withinDay(change: ClockChange): ClockChange {
  if (change.time >= 0 && change.time < day) return change;
  const { day: first, weekday, time } = shifted(change);
  const months = [0, -1, 1].map((step) => ({
    month: wrapped(change.month + step),
    begin: beginOf(change.month, step),
  }));
  const weeks = months.flatMap(({ month, begin }) =>
    [1, 2, 3, 4, 5].map((week) => ({ month, week, miss: Math.abs(begin + firstDayOf(month, week) - first) })),
  );
  const { month, week } = weeks.reduce((best, next) => (next.miss < best.miss ? next : best));
  return { month, week, weekday, time };
}

/** A change as the first `weekday` on or after a day of the month, with a time of 0:00:00 to 23:59:59. */
export interface OnOrAfter {
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly weekday: number;
  readonly time: number;
}

/** Exact in every year, save that the last week of February is taken as that of a year of 365 days. */
export function onOrAfter(change: ClockChange): OnOrAfter {
  const { day: first, weekday, time } = shifted(change);
  const step = first < 1 ? -1 : first > daysOf(change.month) ? 1 : 0;
  return { month: wrapped(change.month + step), day: first - beginOf(change.month, step), weekday, time };
}

/** Moves the whole days of the time into the date; the day may be of the month before or after. */
function shifted({ month, week, weekday, time }: ClockChange) {
  const days = Math.floor(time / day);
  return { day: firstDayOf(month, week) + days, weekday: (((weekday + days) % 7) + 7) % 7, time: time - days * day };
}

const daysOf = (month: number) => new Date(Date.UTC(2001, month, 0)).getUTCDate();
const wrapped = (month: number) => ((month + 11) % 12) + 1;
const firstDayOf = (month: number, week: number) => (week === 5 ? daysOf(month) - 6 : 7 * week - 6);

/** Days that lie between the first of the month and the first of its neighbour. */
function beginOf(month: number, step: number): number {
  if (step === 0) return 0;
  return step < 0 ? -daysOf(wrapped(month - 1)) : daysOf(month);
}

/** When clocks are changed in that year, as the local clock then shows it, in milliseconds since 1970 as if it were UTC. */
export function changeIn(year: number, { month, week, weekday, time }: ClockChange): number {
  const first = week === 5 ? new Date(Date.UTC(year, month, 0)).getUTCDate() - 6 : 7 * week - 6;
  const date = new Date(Date.UTC(year, month - 1, first));
  return date.getTime() + (((weekday - date.getUTCDay() + 7) % 7) * day + time) * 1000;
}

/** Seconds east of UTC at an instant (milliseconds since 1970), as the rule has it. */
export function offsetAt({ offset, dst }: TimeZone, at: number): number {
  if (dst === undefined) return offset;
  const year = new Date(at + offset * 1000).getUTCFullYear();
  const start = changeIn(year, dst.start) - offset * 1000;
  const end = changeIn(year, dst.end) - (offset + dst.save) * 1000;
  const isSummer = start < end ? at >= start && at < end : at >= start || at < end;
  return offset + (isSummer ? dst.save : 0);
}

import type { Window } from '../model/notify-policy.ts';

/** Whether a time lies in a window, and until when that is sure: milliseconds since 1970. */
export interface Opening {
  readonly isOpen: boolean;
  readonly until: number;
}

const dayMs = 86_400_000;

/**
 * Windows on the clock of a zone, as people read it: where it goes from two to three at once there is nothing in between,
 * and where an hour comes twice a window has it twice.
 */
export function openingAt(windows: readonly Window[], zone: string, at: number): Opening {
  if (windows.length === 0) return { isOpen: true, until: Number.POSITIVE_INFINITY };
  const now = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const isOpen = windows.some((window) => isWithin(window, now));
  return { isOpen, until: nextEdge(windows, now) };
}

/** The first moment from `at` on that lies in a window. Undefined when there is none within two weeks. */
export function opensAt(windows: readonly Window[], zone: string, at: number): number | undefined {
  for (let moment = at; moment < at + 15 * dayMs; ) {
    const { isOpen, until } = openingAt(windows, zone, moment);
    if (isOpen) return moment;
    moment = until;
  }
  return undefined;
}

/** The window of yesterday may go on until today. */
function isWithin({ days, from, to }: Window, { dayOfWeek, hour, minute }: Temporal.ZonedDateTime): boolean {
  const minutes = hour * 60 + minute;
  if (from < to) return days.has(dayOfWeek) && minutes >= from && minutes < to;
  return minutes >= from ? days.has(dayOfWeek) : minutes < to && days.has(dayOfWeek === 1 ? 7 : dayOfWeek - 1);
}

/** No window opens or closes between the moment and this one, and no clock is changed. */
function nextEdge(windows: readonly Window[], now: Temporal.ZonedDateTime): number {
  const today = now.toPlainDate();
  const minutes = new Set(windows.flatMap(({ from, to }) => [from, to]));
  const edges = [0, 1, 2].flatMap((days) => {
    const date = today.add({ days });
    return [...minutes].flatMap((minute) => timesOf(date, minute, now.timeZoneId));
  });
  const change = now.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
  const after = now.epochMilliseconds;
  return Math.min(change, ...edges.filter((edge) => edge > after));
}

/** A time of day may come twice on one day. */
function timesOf(date: Temporal.PlainDate, minute: number, zone: string): number[] {
  const time = date.toPlainDateTime({ hour: Math.floor(minute / 60) % 24, minute: minute % 60 });
  return (['earlier', 'later'] as const).map(
    (disambiguation) => time.toZonedDateTime(zone, { disambiguation }).epochMilliseconds,
  );
}

/** Opening times that are asked for again and again: worked out once until they change. */
export interface Openings {
  at(windows: readonly Window[], zone: string, now: number): Opening;
  /** When the windows are open next; `now` while they are. Never more than a day from now. */
  next(windows: readonly Window[], zone: string, now: number): number;
}

interface Known extends Opening {
  readonly from: number;
  opens?: number;
}

export function createOpenings(): Openings {
  const known = new WeakMap<readonly Window[], Map<string, Known>>();

  function entryOf(windows: readonly Window[], zone: string, now: number): Known {
    const ofWindows = known.get(windows) ?? new Map<string, Known>();
    known.set(windows, ofWindows);
    const before = ofWindows.get(zone);
    if (before && now >= before.from && now < before.until) return before;
    const made: Known = { ...openingAt(windows, zone, now), from: now };
    ofWindows.set(zone, made);
    return made;
  }

  return {
    at: entryOf,
    next(windows, zone, now) {
      const entry = entryOf(windows, zone, now);
      if (entry.isOpen) return now;
      entry.opens ??= opensAt(windows, zone, entry.until);
      return Math.min(entry.opens ?? Number.POSITIVE_INFINITY, now + dayMs);
    },
  };
}

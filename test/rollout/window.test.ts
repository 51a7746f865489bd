import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Window } from '../../src/model/notify-policy.ts';
import { createOpenings, openingAt, opensAt } from '../../src/rollout/window.ts';

const minute = 60_000;
const everyDay = new Set([1, 2, 3, 4, 5, 6, 7]);
const berlin = 'Europe/Berlin';
const at = (text: string, zone = berlin) => Temporal.ZonedDateTime.from(`${text}[${zone}]`).epochMilliseconds;
const clock = (moment: number | undefined, zone = berlin) =>
  moment === undefined
    ? undefined
    : Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone).toString({ timeZoneName: 'never' });
const window = (from: string, to: string, days: Iterable<number> = everyDay): Window => {
  const [a, b] = [from, to].map((text) => Temporal.PlainTime.from(text)).map(({ hour, minute }) => hour * 60 + minute);
  return { days: new Set(days), from: a!, to: b! };
};

describe('a window', () => {
  test('is open at any time when there is none', () => {
    expect(openingAt([], berlin, 0)).toEqual({ isOpen: true, until: Number.POSITIVE_INFINITY });
  });

  test.each([
    ['within one day', window('12:00', '13:30'), '2026-05-06T11:59', '2026-05-06T12:00:00+02:00'],
    ['which is over for today', window('12:00', '13:30'), '2026-05-06T13:30', '2026-05-07T12:00:00+02:00'],
    ['over midnight, before it', window('22:00', '05:00'), '2026-05-06T09:00', '2026-05-06T22:00:00+02:00'],
    ['over midnight, after it', window('22:00', '05:00'), '2026-05-06T04:59', '2026-05-06T04:59:00+02:00'],
    ['of one day, over midnight', window('22:00', '05:00', [6]), '2026-05-10T03:00', '2026-05-10T03:00:00+02:00'],
    ['of one day, a day late', window('22:00', '05:00', [6]), '2026-05-10T22:00', '2026-05-16T22:00:00+02:00'],
    ['from Sunday to Monday', window('22:00', '05:00', [7]), '2026-05-11T04:00', '2026-05-11T04:00:00+02:00'],
    ['of a whole day', window('00:00', '00:00', [7]), '2026-05-09T23:59', '2026-05-10T00:00:00+02:00'],
    ['in an hour that is left out', window('02:00', '03:00'), '2026-03-28T23:00', '2026-03-30T02:00:00+02:00'],
    ['that begins in it', window('02:30', '04:00'), '2026-03-29T01:59', '2026-03-29T03:00:00+02:00'],
  ])('%s opens when the clock of its zone says so', (_, one, now, wanted) => {
    expect(clock(opensAt([one], berlin, at(now)))).toBe(wanted);
  });

  test('lasts twice as long where its hour comes twice', () => {
    const night = [window('02:00', '03:00')];
    const begun = at('2026-10-25T02:00+02:00');
    const isOpen = (after: number) => openingAt(night, berlin, begun + after * minute).isOpen;
    expect([-1, 0, 59, 60, 119, 120].map(isOpen)).toEqual([false, true, true, true, true, false]);
  });

  test('of one place is not that of another', () => {
    const night = [window('22:00', '05:00')];
    const noon = at('2026-05-06T12:00');
    expect(openingAt(night, berlin, noon).isOpen).toBe(false);
    expect(openingAt(night, 'Pacific/Auckland', noon).isOpen).toBe(true);
  });
});

describe('windows', () => {
  const times = fc.integer({ min: 0, max: 24 * 4 - 1 }).map((quarter) => quarter * 15);
  const some = fc.array(
    fc
      .record({ days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), from: times, to: times })
      .map(({ days, from, to }) => ({ days: new Set(days), from, to })),
    { minLength: 1, maxLength: 3 },
  );
  const zones = fc.constantFrom(berlin, 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns');
  /** Mostly around the days on which clocks are changed. */
  const moments = fc
    .tuple(
      fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-25', '2026-11-01', '2026-07-01'),
      fc.integer({ min: -1_500, max: 2_900 }),
    )
    .map(([day, minutes]) => at(`${day}T00:00`, 'UTC') + minutes * minute);

  /** What a clock on the wall shows, and nothing else. */
  function isOpenOnTheWall(windows: readonly Window[], zone: string, moment: number): boolean {
    const wall = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone).toPlainDateTime();
    return windows.some(({ days, from, to }) =>
      [0, -1].some((back) => {
        const day = wall.toPlainDate().add({ days: back });
        const length = to > from ? to - from : to - from + 1_440;
        const begun = day.toPlainDateTime().add({ minutes: from });
        const end = begun.add({ minutes: length });
        const isIn = Temporal.PlainDateTime.compare(begun, wall) <= 0 && Temporal.PlainDateTime.compare(wall, end) < 0;
        return days.has(day.dayOfWeek) && isIn;
      }),
    );
  }

  test('are open when the clock on the wall says so, and stay what they are until the moment that is told', () => {
    fc.assert(
      fc.property(some, zones, moments, (windows, zone, moment) => {
        const { isOpen, until } = openingAt(windows, zone, moment);
        expect(isOpen).toBe(isOpenOnTheWall(windows, zone, moment));
        expect(until).toBeGreaterThan(moment);
        for (let later = moment; later < Math.min(until, moment + 2 * 86_400_000); later += 15 * minute)
          expect(isOpenOnTheWall(windows, zone, later)).toBe(isOpen);
      }),
      { numRuns: 200 },
    );
  });

  test('open next at the first moment at which they are open', () => {
    fc.assert(
      fc.property(some, zones, moments, (windows, zone, moment) => {
        const opens = opensAt(windows, zone, moment);
        expect(opens).toBeDefined();
        expect(isOpenOnTheWall(windows, zone, opens!)).toBe(true);
        for (let before = moment; before < opens!; before += 15 * minute)
          expect(isOpenOnTheWall(windows, zone, before)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('that are remembered say the same as those that are worked out', () => {
    const openings = createOpenings();
    const windows = [window('22:00', '05:00'), window('12:00', '12:30', [3])];
    for (let moment = at('2026-03-28T00:00'); moment < at('2026-03-31T00:00'); moment += 7 * minute)
      for (const zone of [berlin, 'America/New_York']) {
        expect(openings.at(windows, zone, moment).isOpen).toBe(openingAt(windows, zone, moment).isOpen);
        expect(openings.next(windows, zone, moment)).toBe(opensAt(windows, zone, moment));
      }
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClockChange,
  changeIn,
  offsetAt,
  onOrAfter,
  parsePosixTimezone,
  withinDay,
} from '../../src/model/timezone.ts';

const day = 86_400_000;
const table = readTable(new URL('../../templates/_shared/timezones.yml', import.meta.url));
const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2028, 0, 1)];

function readTable(file: URL): Map<string, string> {
  const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
  return new Map(rows.filter((row) => !row.startsWith('#')).map((row) => row.split(': ') as [string, string]));
}

/** Where the table's rule and the clocks of these two years part, by zone: from, to (exclusive), and why. */
const known: ReadonlyArray<{ zones: string; from: number; to: number; why: string }> = [
  {
    zones: 'Africa/Casablanca Africa/El_Aaiun',
    from,
    to: Date.UTC(2026, 8, 21),
    why: 'Morocco changed clocks for Ramadan, which is no rule, until it moved to +00 for good on 20 September 2026',
  },
  {
    zones: 'America/Vancouver Canada/Pacific',
    from,
    to: Date.UTC(2026, 2, 9),
    why: 'British Columbia has stayed on its summer time, -07, since 8 March 2026',
  },
  {
    zones: 'America/Edmonton America/Yellowknife Canada/Mountain',
    from,
    to: Date.UTC(2026, 2, 9),
    why: 'Alberta has stayed on its summer time, -06, since 8 March 2026',
  },
  {
    zones: 'America/Inuvik America/Rainy_River America/Winnipeg Canada/Central',
    from,
    to,
    why: 'the Northwest Territories and Manitoba stay on summer time from 2026 on: tzdata 2026d and 2026e, Node 26.10 has 2026c',
  },
  {
    zones: 'America/Havana Cuba',
    from: Date.UTC(2026, 10, 1),
    to: Date.UTC(2027, 2, 15),
    why: 'Cuba skips the winter of 2026 (tzdata 2026f), which no rule can say; Node 26.10 has 2026c',
  },
];

const isKnown = (zone: string, at: number) =>
  known.some((entry) => entry.zones.split(' ').includes(zone) && at >= entry.from && at < entry.to);

/** Seconds east of UTC as Node's own data has it. */
function offsetsOf(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (at) => {
    const text = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes, seconds = 0] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(text) ?? [];
    return sign === undefined
      ? 0
      : Number(`${sign}1`) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  };
}

describe('the table', () => {
  test('has every zone that Node knows', () => {
    const missing = [...Intl.supportedValuesOf('timeZone'), 'UTC'].filter((zone) => !table.has(zone));
    expect(missing).toEqual([]);
  });

  test('is sorted, has aliases too, and nothing that is no zone', () => {
    const names = [...table.keys()];
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['Asia/Calcutta', 'Asia/Kolkata', 'Etc/GMT+5', 'US/Eastern', 'Zulu']));
    expect(names.filter((name) => /^(posix|right)\/|^(Factory|localtime|posixrules)$|\./.test(name))).toEqual([]);
  });

  test('gives every zone the offset that Node gives it, through 2026 and 2027', () => {
    const differing: string[] = [];
    for (const [name, posix] of table) {
      const zone = parsePosixTimezone(name, posix);
      const offsetOf = offsetsOf(name);
      const instants = Array.from({ length: (to - from) / day / 5 }, (_, index) => from + index * 5 * day);
      for (const year of zone.dst === undefined ? [] : [2026, 2027]) {
        const start = changeIn(year, zone.dst!.start) - zone.offset * 1000;
        const end = changeIn(year, zone.dst!.end) - (zone.offset + zone.dst!.save) * 1000;
        instants.push(start - 1000, start, end - 1000, end);
      }
      for (const at of instants)
        if (!isKnown(name, at) && offsetOf(at) !== offsetAt(zone, at))
          differing.push(`${name} ${new Date(at).toISOString()}`);
    }
    expect(differing).toEqual([]);
  });
});

describe('parsePosixTimezone', () => {
  const parse = (posix: string) => parsePosixTimezone('Some/Where', posix);

  test.each([
    ['UTC0', 0, undefined],
    ['<+03>-3', 10_800, undefined],
    ['<-0930>9:30', -34_200, undefined],
    ['CET-1CEST,M3.5.0,M10.5.0/3', 3600, [3600, '3.5.0/7200', '10.5.0/10800']],
    ['AEST-10AEDT,M10.1.0,M4.1.0/3', 36_000, [3600, '10.1.0/7200', '4.1.0/10800']],
    ['<+1030>-10:30<+11>-11,M10.1.0,M4.1.0', 37_800, [1800, '10.1.0/7200', '4.1.0/7200']],
    ['<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45', 45_900, [3600, '9.5.0/9900', '4.1.0/13500']],
    ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', -7200, [3600, '3.5.0/-3600', '10.5.0/0']],
    ['EET-2EEST,M3.4.4/50,M10.4.4/50', 7200, [3600, '3.4.4/180000', '10.4.4/180000']],
    ['<+00>0<+02>-2,M3.5.0/1,M10.5.0/3', 0, [7200, '3.5.0/3600', '10.5.0/10800']],
  ])('reads %s', (posix, offset, dst) => {
    const zone = parse(posix);
    const text = (change: ClockChange) => `${change.month}.${change.week}.${change.weekday}/${change.time}`;
    expect(zone).toMatchObject({ name: 'Some/Where', posix, offset });
    expect(zone.dst && [zone.dst.save, text(zone.dst.start), text(zone.dst.end)]).toEqual(dst);
  });

  test('turns the negative summer time of Ireland into ordinary summer time', () => {
    const { offset, dst } = parse('IST-1GMT0,M10.5.0,M3.5.0/1');
    expect({ offset, dst }).toEqual({
      offset: 0,
      dst: {
        save: 3600,
        start: { month: 3, week: 5, weekday: 0, time: 3600 },
        end: { month: 10, week: 5, weekday: 0, time: 7200 },
      },
    });
  });

  test.each([
    ['', 'is no POSIX rule'],
    ['Europe/Berlin', 'is no POSIX rule'],
    ['CET-1\n', 'is no POSIX rule'],
    ['CET-25', 'beyond 24 hours'],
    ['CET-1CEST', 'does not say when'],
    ['CET-1CEST,M3.5.0', 'is no POSIX rule'],
    ['CET-1CEST,J79/24,J263/24', 'not of the form'],
    ['CET-1CEST,0/0,365/25', 'not of the form'],
    ['CET-1CEST,M13.5.0,M10.5.0', 'not of the form'],
    ['CET-1CEST,M3.6.0,M10.5.0', 'not of the form'],
    ['CET-1CEST,M3.5.7,M10.5.0', 'not of the form'],
    ['CET-1CEST,M3.5.0/168,M10.5.0', 'not of the form'],
    ['CET-1CEST,M3.5.0/2:60,M10.5.0', 'not of the form'],
  ])('refuses %j and names the zone', (posix, why) => {
    expect(() => parse(posix)).toThrow(RangeError);
    expect(() => parse(posix)).toThrow(`time zone Some/Where: ${JSON.stringify(posix)} `);
    expect(() => parse(posix)).toThrow(why);
  });

  test('refuses any other text with a RangeError, and nothing else', () => {
    const pieces = fc.array(fc.constantFrom('CET', '<+01>', '-1', '26', ',', 'M3.5.0', '/-1', 'J60', ':30', 'é', '0'));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((list) => list.join('')),
        ),
        (posix) => {
          try {
            expect(Number.isInteger(parse(posix).offset)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
    );
  });

  test('reads back every rule that can be written, with summer time ahead of standard time', () => {
    fc.assert(
      fc.property(seconds(-86_399, 86_399), seconds(-86_399, 86_399), anyChange, anyChange, (a, b, first, second) => {
        fc.pre(a !== b);
        const zone = parse(`<+AA>${hms(-a)}<+BB>${hms(-b)},${rule(first)},${rule(second)}`);
        const [start, end] = b > a ? [first, second] : [second, first];
        expect(zone).toMatchObject({ offset: Math.min(a, b), dst: { save: Math.abs(a - b), start, end } });
      }),
    );
  });
});

const seconds = (min: number, max: number) => fc.integer({ min, max });
const anyChange: fc.Arbitrary<ClockChange> = fc.record({
  month: fc.integer({ min: 1, max: 12 }),
  week: fc.integer({ min: 1, max: 5 }),
  weekday: fc.integer({ min: 0, max: 6 }),
  time: seconds(-167 * 3600, 167 * 3600),
});
const rule = ({ month, week, weekday, time }: ClockChange) => `M${month}.${week}.${weekday}/${hms(time)}`;

function hms(value: number): string {
  const rest = Math.abs(value);
  return `${value < 0 ? '-' : ''}${Math.floor(rest / 3600)}:${Math.floor(rest / 60) % 60}:${rest % 60}`;
}

describe('a change whose time is beyond its day', () => {
  const change = (month: number, week: number, weekday: number, hours: number) => ({
    month,
    week,
    weekday,
    time: hours * 3600,
  });

  test.each([
    ['Gaza, the Saturday after the fourth Thursday', change(3, 4, 4, 50), change(3, 5, 6, 2)],
    ['Jerusalem, the Friday before the last Sunday', change(3, 4, 4, 26), change(3, 4, 5, 2)],
    ['Nuuk, the Saturday before the last Sunday', change(3, 5, 0, -1), change(3, 5, 6, 23)],
    ['Beirut, midnight after the last Thursday', change(10, 5, 4, 24), change(10, 5, 5, 0)],
    ['Santiago, midnight after the first Saturday from the 2nd on', change(4, 1, 6, 24), change(4, 1, 0, 0)],
    ['most of a week later', change(3, 1, 4, 167), change(3, 2, 3, 23)],
    ['the month after', change(12, 5, 0, 96), change(1, 1, 4, 0)],
    ['one within its day', change(3, 5, 0, 2), change(3, 5, 0, 2)],
  ])('moves to the nearest week and weekday: %s', (_, given, wanted) => {
    expect(withinDay(given)).toEqual(wanted);
  });

  test('keeps its weekday and its time of day, and is a week off in few years', () => {
    fc.assert(
      fc.property(anyChange, (given) => {
        const moved = withinDay(given);
        expect(moved.time).toBeGreaterThanOrEqual(0);
        expect(moved.time).toBeLessThan(86_400);
        const off = years.map((year) => nearest(moved, year, changeIn(year, given)));
        expect(off.every((ms) => ms === 0 || Math.abs(ms) === 7 * day)).toBe(true);
        expect(off.filter((ms) => ms === 0).length).toBeGreaterThan(years.length / 2);
      }),
    );
  });

  test('is right in every year as the first weekday on or after a day', () => {
    expect(onOrAfter(change(3, 4, 4, 50))).toEqual({ month: 3, day: 24, weekday: 6, time: 7200 });
    expect(onOrAfter(change(10, 5, 4, 24))).toEqual({ month: 10, day: 26, weekday: 5, time: 0 });
    fc.assert(
      fc.property(anyChange, fc.constantFrom(...years), (given, year) => {
        fc.pre(given.month !== 2 && given.month !== 3);
        const { month, day: first, weekday, time } = onOrAfter(given);
        const dates = [year - 1, year, year + 1].map((y) => {
          const date = new Date(Date.UTC(y, month - 1, first));
          return date.getTime() + ((weekday - date.getUTCDay() + 7) % 7) * day + time * 1000;
        });
        expect(dates).toContain(changeIn(year, given));
      }),
    );
  });
});

const years = Array.from({ length: 28 }, (_, index) => 2026 + index);

/** How far the moved change is from the given one, which may lie in the year before or after. */
function nearest(change: ClockChange, year: number, wanted: number): number {
  const off = [year - 1, year, year + 1].map((y) => changeIn(y, change) - wanted);
  return off.reduce((best, next) => (Math.abs(next) < Math.abs(best) ? next : best));
}

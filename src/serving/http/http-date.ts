const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const forms = [
  new RegExp(`^[a-z]{3}, (?<day>\\d\\d) (?<month>[a-z]{3}) (?<year>\\d{4}) ${time} GMT$`, 'i'),
  new RegExp(`^[a-z]{6,9}, (?<day>\\d\\d)-(?<month>[a-z]{3})-(?<year>\\d\\d) ${time} GMT$`, 'i'),
  new RegExp(`^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`, 'i'),
];

/**
 * Reads the three forms of an HTTP date (RFC 9110 section 5.6.7) to milliseconds; undefined for all else. `Date.parse`
 * is no substitute: it takes what is no HTTP date, and the asctime form for local time.
 */
export function parseHttpDate(text: string, now: number = Date.now()): number | undefined {
  const groups = forms.map((form) => text.match(form)?.groups).find((match) => match !== undefined);
  if (groups === undefined) return undefined;
  const month = months.indexOf(groups.month!.toLowerCase());
  const [day, hour, minute, second] = [groups.day, groups.hour, groups.minute, groups.second].map(Number);
  const year = groups.year!.length === 2 ? century(Number(groups.year), now) : Number(groups.year);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  date.setUTCHours(hour!, minute!, second! === 60 ? 59 : second!);
  const valid = month !== -1 && date.getUTCDate() === day && hour! < 24 && minute! < 60 && second! <= 60;
  return valid ? date.getTime() : undefined;
}

/** A year of two digits that seems more than 50 years ahead lies in the past. */
function century(year: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const full = thisYear - (thisYear % 100) + year;
  return full > thisYear + 50 ? full - 100 : full;
}

/**
 * What Last-Modified says of bytes that changed in this second (ms): never the future, nor a second that is not over. The
 * file may change once more in it, and its date, in whole seconds, would be the same.
 */
export function lastModified(modified: number, now: number = Date.now()): string {
  const before = (Math.floor(now / 1000) - 1) * 1000;
  return new Date(Math.min(modified, before)).toUTCString();
}

/** A time in the whole seconds of HTTP. */
export const wholeSecond = (time: Date): number => Math.floor(time.getTime() / 1000) * 1000;

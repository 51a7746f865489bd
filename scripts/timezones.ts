/**
 * Makes templates/_shared/timezones.yml: every name of the IANA time zone data base and its rule of today.
 *
 *     node scripts/timezones.ts [FOLDER]
 *
 * FOLDER is a zoneinfo folder, /usr/share/zoneinfo by default: Debian's tzdata, and from Debian 13 on tzdata-legacy too,
 * which holds the old names. The same folder gives the same bytes on every machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePosixTimezone } from '../src/model/timezone.ts';

const table = new URL('../templates/_shared/timezones.yml', import.meta.url);

/** The text of the table. Names come from tzdata.zi, so that posix/, right/, localtime and the like play no part. */
export function timezoneTable(folder: string): string {
  const source = readFileSync(join(folder, 'tzdata.zi'), 'utf8');
  const version = /^# version (\S+)/.exec(source)?.[1];
  if (version === undefined) throw new Error(`${folder}/tzdata.zi does not begin with its version`);
  const rows = namesOf(source).map((name) => `${name}: ${ruleOf(folder, name)}\n`);
  return `${header(version)}${rows.join('')}`;
}

/** The version of tzdata that a table was made from. */
export const versionOf = (text: string): string | undefined => /tzdata (\d+\w+)/.exec(text)?.[1];

const header = (version: string) => `\
# IANA time zones and their rules of today, from tzdata ${version}.
# Made by scripts/timezones.ts; not edited by hand. To renew: upgrade the Debian package tzdata (from Debian 13 on
# install tzdata-legacy too), run \`npx node scripts/timezones.ts\`, and run the tests of test/model/timezone.test.ts.
# A rule is a POSIX TZ string (RFC 9636, section 3.3.1); a zone's changes that follow no rule are not in it.
`;

/** Zones are lines \`Z NAME ...\`, links \`L TARGET NAME\`. Factory is no place. */
function namesOf(source: string): string[] {
  const names = source.split('\n').flatMap((line) => {
    const [kind, first, second] = line.split(' ');
    return kind === 'Z' ? [first ?? ''] : kind === 'L' ? [second ?? ''] : [];
  });
  return names.filter((name) => name !== 'Factory').sort((a, b) => (a < b ? -1 : 1));
}

/** The footer of a TZif file of version 2 or later: its last line. */
function ruleOf(folder: string, name: string): string {
  const bytes = readFileSync(join(folder, name));
  if (bytes.toString('latin1', 0, 4) !== 'TZif' || (bytes[4] ?? 0) < 0x32 || bytes.at(-1) !== 0x0a)
    throw new Error(`${join(folder, name)} is no TZif file with a footer`);
  const rule = bytes.toString('latin1', bytes.lastIndexOf(0x0a, bytes.length - 2) + 1, bytes.length - 1);
  return parsePosixTimezone(name, rule).posix;
}

if (import.meta.main) writeFileSync(table, timezoneTable(process.argv[2] ?? '/usr/share/zoneinfo'));

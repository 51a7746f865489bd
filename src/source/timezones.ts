import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from './yaml.ts';

/** Reads the table of IANA zones and their POSIX rules; while its text stays the same, so does the map. */
export function createTimezoneReader(templates: string): () => ReadonlyMap<string, string> {
  const path = join(templates, '_shared', 'timezones.yml');
  let last: { text: string; zones: ReadonlyMap<string, string> } | undefined;
  return () => {
    const text = readFileSync(path, 'utf8');
    if (last?.text !== text) last = { text, zones: toMap(parseYaml(path, text).value) };
    return last.zones;
  };
}

const toMap = (value: unknown): ReadonlyMap<string, string> =>
  new Map(Object.entries(Object(value)).map(([zone, rule]) => [zone, String(rule)]));

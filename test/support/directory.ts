import type { LdapSource } from '../../src/model/people-source.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Cursor, Everybody, Memory } from '../../src/source/people/ldap/memory.ts';
import { type Reading, readDirectory } from '../../src/source/people/ldap/read.ts';
import { directoryOf } from '../../src/source/people/ldap/settings.ts';

/** Forgets when the test ends. */
export function createMemory(): Memory {
  const kept: { cursor?: Cursor; everybody?: Everybody } = {};
  return {
    cursor: () => kept.cursor,
    everybody: () => structuredClone(kept.everybody),
    keepEverybody: (everybody) => void Object.assign(kept, { everybody: structuredClone(everybody) }),
    keepCursor: (cursor) => void Object.assign(kept, { cursor }),
  };
}

/** Reads a directory again and again, each time from where the last reading ended; gives everybody's name by number. */
export function createReadings(source: LdapSource, memory: Memory = createMemory()) {
  const directory = directoryOf(source, { dir: '/', secret: (text) => new Secret(String(text)) });
  return async (full = false): Promise<Reading & { names: ReadonlyMap<string, string | undefined> }> => {
    const reading = await readDirectory({ source, directory, memory, full });
    if (reading.everybody) memory.keepEverybody(reading.everybody);
    memory.keepCursor(reading.cursor);
    const people = [...(memory.everybody()?.people.values() ?? [])];
    return { ...reading, names: new Map(people.map(({ number, fields }) => [number, fields.name])) };
  };
}

import type { FetchFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { DatabaseSync } from './database.ts';

/** Fetches that differ in nothing but their time: who asked for what, as what, how often. Times in milliseconds since 1970. */
export interface Askings
  extends Pick<FetchFact, 'address' | 'protocol' | 'path' | 'user_agent' | 'model' | 'firmware'> {
  /** Absent: what was asked for is no device's, and nothing said who asks. */
  readonly device?: Mac;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

const columns = 'device, address, protocol, path, user_agent, model, firmware';
const grouped = `SELECT ${columns}, min(at) AS first, max(at) AS last, count(*) AS count FROM fetches`;

const unknownQueries = {
  /** Of devices that the last build did not have; all of one device together. */
  devices: `${grouped}
    WHERE device IS NOT NULL AND at >= ? AND device NOT IN (SELECT device FROM wanted WHERE revision IS NOT NULL)
    GROUP BY ${columns} ORDER BY device`,
  shared: `${grouped} WHERE device IS NULL AND at >= ? GROUP BY ${columns}`,
} as const;

/** Row by row: whoever can ask can make up MACs. */
export function* readAskings(
  database: DatabaseSync,
  of: keyof typeof unknownQueries,
  since: number,
): Generator<Askings> {
  for (const row of database.prepare(unknownQueries[of]).iterate(since)) {
    const given = Object.entries(row).filter(([, value]) => value !== null);
    yield Object.fromEntries(given) as unknown as Askings;
  }
}

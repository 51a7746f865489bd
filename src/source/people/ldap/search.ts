import { type Control, type Filter, SearchRequest } from 'ldapts';
import { quoted } from '../../../problem.ts';
import { type Answer, type Connection, isEntry, isReference, referencesOf } from './connection.ts';
import { cookieOf, paged } from './controls.ts';
import { type Entry, readEntry } from './entry.ts';
import { everything } from './filter.ts';
import type { Frame } from './frames.ts';

export interface Query {
  readonly base: string;
  readonly scope: 'sub' | 'one' | 'base';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly controls?: readonly Control[];
}

export interface Listening {
  readonly onEntry: (entry: Entry) => void;
  /** Told of other servers that the server names: nobody asks them. */
  readonly onReferences?: (urls: readonly string[]) => void;
}

/**
 * Everybody who fits, page by page (RFC 2696); entries are handed on as they come and not kept. A page without entries
 * is not the last one while it has a cookie.
 */
export async function searchPages(
  connection: Connection,
  query: Query & { readonly size: number },
  listening: Listening,
): Promise<void> {
  let cookie: Buffer = Buffer.alloc(0);
  let page = 1;
  do {
    const controls = [...(query.controls ?? []), paged(query.size, cookie)];
    const step = `search below ${quoted(query.base)}, page ${page}`;
    const answer = await searchOnce(connection, { ...query, controls, step }, listening);
    cookie = cookieOf(answer.controls);
    page += 1;
  } while (cookie.length > 0);
}

interface Once extends Query {
  readonly step: string;
  readonly allowed?: readonly number[];
  /** At most so many entries. */
  readonly limit?: number;
  readonly onInfo?: (frame: Frame) => void;
  /** In place of `onEntry`. */
  readonly onFrame?: (frame: Frame, entry: Entry) => void;
}

/** One request. `referral` as its result (10) is said like any other reference. */
export async function searchOnce(connection: Connection, query: Once, listening: Listening): Promise<Answer> {
  const request = new SearchRequest({
    messageId: 0,
    baseDN: query.base,
    scope: query.scope,
    filter: query.filter,
    attributes: [...query.attributes],
    controls: [...(query.controls ?? [])],
    sizeLimit: query.limit ?? 0,
    // ldapts would say 10 s; the limit is the connection's.
    timeLimit: 0,
  });
  const onPart = (frame: Frame) => {
    if (isReference(frame)) listening.onReferences?.(referencesOf(frame.body));
    else if (!isEntry(frame)) query.onInfo?.(frame);
    else if (query.onFrame) query.onFrame(frame, readEntry(frame.body));
    else listening.onEntry(readEntry(frame.body));
  };
  const allowed = [10, ...(query.allowed ?? [])];
  const answer = await connection.ask(request, { step: query.step, onPart, allowed });
  if (answer.referrals.length > 0) listening.onReferences?.(answer.referrals);
  return answer;
}

interface One {
  readonly dn: string;
  readonly attributes: readonly string[];
  readonly controls?: readonly Control[];
  readonly step: string;
}

/** One entry by its DN; undefined when there is none, or none that this account may see. */
export async function readOne(connection: Connection, { dn, ...asked }: One): Promise<Entry | undefined> {
  let found: Entry | undefined;
  // No such object; insufficient rights.
  const query = { base: dn, scope: 'base', filter: everything(), allowed: [32, 50], ...asked } as const;
  await searchOnce(connection, query, {
    onEntry(entry) {
      found = entry;
    },
  });
  return found;
}

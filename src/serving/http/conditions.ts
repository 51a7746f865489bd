import { type EntityTag, matchesStrongly, matchesWeakly, parseEntityTags } from './entity-tag.ts';
import type { RequestHeaders } from './fields.ts';
import { parseHttpDate } from './http-date.ts';
import { type Part, parseRange } from './range.ts';

/** What a request's conditions are held against. */
export interface Representation {
  readonly size: number;
  readonly tag: EntityTag;
  /** The second of the last change (ms). What Last-Modified says may be earlier, never later. */
  readonly modified: number;
}

/** What of the representation goes out, and as what. */
export type Selection =
  | { readonly status: 200 | 206; readonly part: Part }
  | { readonly status: 304 | 412 | 416; readonly part?: undefined };

/** Applies preconditions and Range of a GET or HEAD in the order of RFC 9110 section 13.2.2. Pure. */
export function select(method: string, headers: RequestHeaders, representation: Representation): Selection {
  if (failsMatch(headers, representation)) return { status: 412 };
  if (isUnchanged(headers, representation)) return { status: 304 };
  const whole: Selection = { status: 200, part: { start: 0, end: representation.size } };
  if (method !== 'GET' || headers.range === undefined || !rangeApplies(headers, representation)) return whole;
  const part = parseRange(headers.range, representation.size);
  if (part === 'unsatisfiable') return { status: 416 };
  return part === 'whole' ? whole : { status: 206, part };
}

function failsMatch(headers: RequestHeaders, { tag, modified }: Representation): boolean {
  const header = headers['if-match'];
  if (header !== undefined) {
    const tags = parseEntityTags(header);
    return tags !== '*' && !tags.some((other) => matchesStrongly(other, tag));
  }
  const since = date(headers['if-unmodified-since']);
  return since !== undefined && modified > since;
}

/** If-Modified-Since is for clients that send no If-None-Match. */
function isUnchanged(headers: RequestHeaders, { tag, modified }: Representation): boolean {
  const header = headers['if-none-match'];
  if (header !== undefined) {
    const tags = parseEntityTags(header);
    return tags === '*' || tags.some((other) => matchesWeakly(other, tag));
  }
  const since = date(headers['if-modified-since']);
  return since !== undefined && modified <= since;
}

/** If-Range: the part if it is of the same bytes, else the whole. */
function rangeApplies(headers: RequestHeaders, { tag, modified }: Representation): boolean {
  const header = headers['if-range'];
  if (header === undefined) return true;
  const text = String(header).trim();
  return /^(W\/)?"/.test(text) ? matchesStrongly(text, tag) : date(text) === modified;
}

const date = (header: string | undefined) => (header === undefined ? undefined : parseHttpDate(header));

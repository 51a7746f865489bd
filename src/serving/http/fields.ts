import { examinationMark } from '../../model/examination.ts';

/** The headers that an answer depends on; any other of an ordinary request changes nothing. */
export interface RequestHeaders {
  readonly host?: string;
  readonly 'user-agent'?: string;
  readonly authorization?: string;
  readonly 'if-match'?: string;
  readonly 'if-unmodified-since'?: string;
  readonly 'if-none-match'?: string;
  readonly 'if-modified-since'?: string;
  readonly range?: string;
  readonly 'if-range'?: string;
  readonly forwarded?: string;
  readonly 'x-forwarded-for'?: string | string[];
  readonly 'x-forwarded-proto'?: string | string[];
  readonly [examinationMark]?: string | string[];
}

/** What the lines of a head say. */
export interface Fields {
  readonly headers: RequestHeaders;
  /** Of the Connection header; undefined when there is none. */
  readonly connection?: 'close' | 'keep-alive';
}

type Used = Exclude<keyof RequestHeaders, 'if-match' | 'if-unmodified-since'> | 'connection';

/** By the spellings that clients use, so that most names are found without a copy in lower case. */
const used: ReadonlyMap<string, Used> = new Map(
  (
    [
      ...['Host', 'User-Agent', 'Authorization', 'If-None-Match', 'If-Modified-Since', 'Range', 'If-Range'],
      ...['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Connection', examinationMark],
    ] as const
  ).flatMap((name) => {
    const lower = name.toLowerCase() as Used;
    return [
      [name, lower],
      [lower, lower],
    ] as const;
  }),
);
const idle = /^(?:accept|accept-(?:encoding|language|charset)|cache-control|pragma|from|referer|via|x-[a-z\d-]+)$/i;
const lines = /^(?:[!#$%&'*+.^_`|~\w-]+:[\t -~]*\r\n)*$/;

/**
 * Reads lines of `name:value`, each with its end. Undefined when one of them is malformed, is not among the known, or
 * comes twice, or when Connection says more than one thing.
 */
export function readFields(block: string): Fields | undefined {
  if (!lines.test(block)) return undefined;
  const read: Partial<Record<Used, string>> = {};
  for (let at = 0; at < block.length; ) {
    const colon = block.indexOf(':', at);
    const end = block.indexOf('\r\n', colon);
    const spelt = block.slice(at, colon);
    const name = used.get(spelt) ?? used.get(spelt.toLowerCase());
    if (name !== undefined) {
      if (read[name] !== undefined) return undefined;
      read[name] = block.slice(colon + 1, end).trim();
    } else if (!idle.test(spelt)) return undefined;
    at = end + 2;
  }
  const { connection, ...headers } = read;
  const option = connection?.toLowerCase();
  return option === undefined || option === 'close' || option === 'keep-alive'
    ? { headers, connection: option }
    : undefined;
}

export interface FieldsReader {
  read(block: string): Fields | undefined;
  /** To be called now and then. */
  forget(): void;
}

/** A phone asks for several files with the same lines, and the next phone of its kind with nearly the same. */
export function createFieldsReader(most = 1000): FieldsReader {
  const known = new Map<string, Fields>();
  return {
    read(block) {
      const before = known.get(block);
      if (before !== undefined) return before;
      const fields = readFields(block);
      if (fields !== undefined && known.size < most) known.set(block, fields);
      return fields;
    },
    forget: () => known.clear(),
  };
}

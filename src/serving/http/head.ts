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
}

/** The head of a request that needs no more than this to be answered. */
export interface Head {
  readonly method: 'GET' | 'HEAD';
  readonly target: string;
  /** Of HTTP/1.x. */
  readonly minor: 0 | 1;
  readonly headers: RequestHeaders;
  /** The client wants to ask again on this connection. */
  readonly keepAlive: boolean;
  /** Bytes, with the empty line. */
  readonly length: number;
}

/** A longer one is not ordinary. */
export const longestHead = 4096;

const whole = /^(GET|HEAD) (\/[!"$-~]*) HTTP\/1\.([01])\r\n((?:[!#$%&'*+.^_`|~\w-]+:[\t -~]*\r\n)*)\r\n$/;
const begun = /^[A-Z]{1,20}(?: (?:[!-~]+(?: [HTP/\d.]{0,8}(?:\r(?:\n(?:[\t -~]|\r\n)*\r?)?)?)?)?)?$/;
const line = /^[A-Z]{1,20} ([!-~]+) HTTP\/1\.[01]\r\n/;

type Used = Exclude<keyof RequestHeaders, 'if-match' | 'if-unmodified-since'> | 'connection';

/** By the spellings that clients use, so that most names are found without a copy in lower case. */
const used: ReadonlyMap<string, Used> = new Map(
  (
    [
      ...['Host', 'User-Agent', 'Authorization', 'If-None-Match', 'If-Modified-Since', 'Range', 'If-Range'],
      ...['Forwarded', 'X-Forwarded-For', 'Connection'],
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
const emptyLine = Buffer.from('\r\n\r\n');

/**
 * Reads the head of a request that begins at `start` when it is an ordinary one: GET or HEAD of a path, HTTP/1.0 or 1.1,
 * no body, none but well-known headers, each once, each on one line. All else is `unusual` and for a full parser, what
 * only looks odd too: where two readers could disagree on where a request ends (RFC 9112 section 11.2), this one has no
 * opinion. `incomplete` when it may become one with more bytes.
 */
export function readHead(bytes: Buffer, start = 0): Head | 'incomplete' | 'unusual' {
  const end = bytes.indexOf(emptyLine, start);
  if (end === -1) return isBegun(bytes, start) ? 'incomplete' : 'unusual';
  const length = end + emptyLine.length - start;
  if (length > longestHead) return 'unusual';
  const match = whole.exec(bytes.toString('latin1', start, start + length));
  if (match === null) return 'unusual';
  const [, method, target, minor, block] = match as unknown as [string, 'GET' | 'HEAD', string, '0' | '1', string];
  const headers = readHeaders(block);
  if (headers === undefined || (minor === '1' && headers.host === undefined)) return 'unusual';
  const keepAlive = wantsMore(headers.connection, minor);
  return keepAlive === undefined
    ? 'unusual'
    : { method, target, minor: minor === '1' ? 1 : 0, headers, keepAlive, length };
}

/** The target of whatever request begins at `start`, be it ordinary or not; undefined when it is none. */
export const readTarget = (bytes: Buffer, start = 0): string | undefined =>
  line.exec(bytes.toString('latin1', start, start + longestHead))?.[1];

/** The method of a request whose target can be read. */
export const readMethod = (bytes: Buffer, start = 0): string =>
  bytes.toString('latin1', start, Math.max(start, bytes.indexOf(' ', start)));

const isBegun = (bytes: Buffer, start: number): boolean =>
  bytes.length - start <= longestHead && begun.test(bytes.toString('latin1', start));

type Headers = RequestHeaders & { readonly connection?: string };

/** Lines of `name:value`, each with its end; undefined when one of them is not among the known, or comes twice. */
function readHeaders(block: string): Headers | undefined {
  const headers: Partial<Record<Used, string>> = {};
  for (let at = 0; at < block.length; ) {
    const colon = block.indexOf(':', at);
    const end = block.indexOf('\r\n', colon);
    const spelt = block.slice(at, colon);
    const name = used.get(spelt) ?? used.get(spelt.toLowerCase());
    if (name !== undefined) {
      if (headers[name] !== undefined) return undefined;
      headers[name] = block.slice(colon + 1, end).trim();
    } else if (!idle.test(spelt)) return undefined;
    at = end + 2;
  }
  return headers;
}

function wantsMore(connection: string | undefined, minor: '0' | '1'): boolean | undefined {
  if (connection === undefined) return minor === '1';
  const option = connection.toLowerCase();
  return option === 'keep-alive' ? true : option === 'close' ? false : undefined;
}

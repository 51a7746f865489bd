import { type Fields, type RequestHeaders, readFields } from './fields.ts';

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

const ordinary = /^(GET|HEAD) (\/[!"$-~]*) HTTP\/1\.([01])\r\n/;
const begun = /^[A-Z]{1,20}(?: (?:[!-~]+(?: [HTP/\d.]{0,8}(?:\r(?:\n(?:[\t -~]|\r\n)*\r?)?)?)?)?)?$/;
const line = /^[A-Z]{1,20} ([!-~]+) HTTP\/1\.[01]\r\n/;

const emptyLine = Buffer.from('\r\n\r\n');

/**
 * Reads the head of a request that begins at `start` when it is an ordinary one: GET or HEAD of a path, HTTP/1.0 or 1.1,
 * no body, none but well-known headers, each once, each on one line. All else is `unusual` and for a full parser, what
 * only looks odd too: where two readers could disagree on where a request ends (RFC 9112 section 11.2), this one has no
 * opinion. `incomplete` when it may become one with more bytes.
 */
export function readHead(
  bytes: Buffer,
  start = 0,
  fieldsOf: (block: string) => Fields | undefined = readFields,
): Head | 'incomplete' | 'unusual' {
  const end = bytes.indexOf(emptyLine, start);
  if (end === -1) return isBegun(bytes, start) ? 'incomplete' : 'unusual';
  const length = end + emptyLine.length - start;
  if (length > longestHead) return 'unusual';
  const text = bytes.toString('latin1', start, end + 2);
  const match = ordinary.exec(text);
  if (match === null) return 'unusual';
  const [first, method, target, minor] = match as unknown as [string, 'GET' | 'HEAD', string, '0' | '1'];
  const fields = fieldsOf(text.slice(first.length));
  if (fields === undefined || (minor === '1' && fields.headers.host === undefined)) return 'unusual';
  const { headers, connection } = fields;
  const keepAlive = connection === undefined ? minor === '1' : connection === 'keep-alive';
  return { method, target, minor: minor === '1' ? 1 : 0, headers, keepAlive, length };
}

/** The target of whatever request begins at `start`, be it ordinary or not; undefined when it is none. */
export const readTarget = (bytes: Buffer, start = 0): string | undefined =>
  line.exec(bytes.toString('latin1', start, start + longestHead))?.[1];

/** The method of a request whose target can be read. */
export const readMethod = (bytes: Buffer, start = 0): string =>
  bytes.toString('latin1', start, Math.max(start, bytes.indexOf(' ', start)));

const isBegun = (bytes: Buffer, start: number): boolean =>
  bytes.length - start <= longestHead && begun.test(bytes.toString('latin1', start));

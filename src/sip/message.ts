/** SIP messages (RFC 3261 section 7), written and read. */

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** Headers in their order, without Content-Length: it is written from the body, and checked and taken off when read. */
interface Content {
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export interface Request extends Content {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
}

export interface Response extends Content {
  readonly kind: 'response';
  readonly status: number;
  /** The words after the status; may be empty. */
  readonly reason: string;
}

export type Message = Request | Response;

/** Why bytes are no message: a sentence for the log. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reason: string;
}

/** Value of the first header of this name; names are compared without regard to case. */
export function headerOf(message: Message, name: string): string | undefined {
  return message.headers.find((header) => sameName(header.name, name))?.value;
}

/** Values of all headers of this name, in their order, one for each line. */
export function headersOf(message: Message, name: string): string[] {
  return message.headers.filter((header) => sameName(header.name, name)).map((header) => header.value);
}

function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

import { parseCSeq } from './cseq.ts';
import type { Header, Message, Refusal } from './message.ts';
import { headerOf, headersOf } from './message.ts';
import { isToken, trimBlanks } from './syntax.ts';

/** More lines than any message has reason for; a datagram of 65,535 bytes could hold 16,000. */
const mostLines = 500;

/** RFC 3261 section 7.3.3, and the extensions that have one. */
const compactForms: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-By',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

type Start = { kind: 'request'; method: string; uri: string } | { kind: 'response'; status: number; reason: string };

const refuse = (reason: string): Refusal => ({ kind: 'refusal', reason });

/**
 * Reads one datagram. Bytes after Content-Length are dropped, and a datagram shorter than it is refused (RFC 3261
 * section 18.3); without the header the body is all that follows. Line breaks before the message are skipped (7.5).
 * A message is only given back with what every message has (8.1.1) in its place: Via, From, To, Call-ID and CSeq.
 */
export function parseMessage(datagram: Uint8Array): Message | Refusal {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  let begin = 0;
  while (bytes[begin] === 13 || bytes[begin] === 10) begin++;
  if (begin === bytes.length) return refuse('it holds nothing but line breaks');
  const end = bytes.indexOf('\r\n\r\n', begin);
  if (end < 0) return refuse('it is cut off: no empty line ends its headers');
  const head = bytes.toString('utf8', begin, end);
  if (/\r(?!\n)|(?<!\r)\n/.test(head)) return refuse('half a line break stands in its head');
  const lines = head.split('\r\n');
  if (lines.length > mostLines) return refuse(`it has more than ${mostLines} lines`);

  const start = parseStart(lines[0] ?? '');
  if (start.kind === 'refusal') return start;
  const headers = parseHeaders(lines);
  if ('kind' in headers) return headers;
  const body = cutBody(headers, bytes.subarray(end + 4));
  if ('kind' in body) return body;
  const message: Message = { ...start, headers: headers.filter(({ name }) => name !== 'Content-Length'), body };
  const fault = faultOf(message);
  return fault === undefined ? message : refuse(fault);
}

function parseStart(line: string): Start | Refusal {
  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/is.exec(line);
  if (status) return { kind: 'response', status: Number(status[1]), reason: status[2] ?? '' };
  const request = /^([^\s]+) ([^\s<>]+) SIP\/2\.0$/i.exec(line);
  if (request && isToken(request[1]!)) return { kind: 'request', method: request[1]!, uri: request[2]! };
  return refuse('its first line is neither a request nor a status of SIP/2.0');
}

function parseHeaders(lines: readonly string[]): Header[] | Refusal {
  const headers: { name: string; value: string }[] = [];
  for (const line of lines.slice(1)) {
    const last = headers.at(-1);
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (!last) return refuse('its first header continues no other');
      const more = trimBlanks(line);
      last.value = last.value === '' || more === '' ? last.value + more : `${last.value} ${more}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = trimBlanks(line.slice(0, Math.max(colon, 0)));
    if (!isToken(name)) return refuse('a line of its head is no header');
    headers.push({ name: nameOf(name), value: trimBlanks(line.slice(colon + 1)) });
  }
  return headers;
}

function nameOf(name: string): string {
  if (name.length === 1) return compactForms[name.toLowerCase()] ?? name;
  return /^content-length$/i.test(name) ? 'Content-Length' : name;
}

function cutBody(headers: readonly Header[], rest: Uint8Array): Uint8Array | Refusal {
  const lengths = new Set(headers.filter(({ name }) => name === 'Content-Length').map(({ value }) => value));
  if (lengths.size === 0) return rest;
  const [length] = lengths;
  if (lengths.size > 1) return refuse('two Content-Lengths contradict each other');
  if (!/^\d{1,9}$/.test(length!)) return refuse('its Content-Length is no length');
  if (Number(length) > rest.length) return refuse('it is cut off: shorter than its Content-Length');
  return rest.subarray(0, Number(length));
}

/** Each is there exactly once in every message; Via is there at least once. */
const single = ['From', 'To', 'Call-ID', 'CSeq'];

function faultOf(message: Message): string | undefined {
  if (headerOf(message, 'Via') === undefined) return 'it has no Via';
  for (const name of single) {
    const values = headersOf(message, name);
    if (values.length !== 1) return values.length === 0 ? `it has no ${name}` : `it has ${name} twice`;
  }
  const cseq = parseCSeq(headerOf(message, 'CSeq')!);
  if (!cseq) return 'its CSeq is not a number below 2^31 and a method';
  if (message.kind === 'request' && message.method !== cseq.method) return 'its CSeq names another method';
  return undefined;
}

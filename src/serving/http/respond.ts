import type { OutgoingHttpHeaders } from 'node:http';
import type { FetchFact } from '../../model/fact.ts';
import { isRefusal, type Served } from '../served.ts';
import { type Representation, type Selection, select } from './conditions.ts';
import { contentType } from './content-type.ts';
import type { Asked, Exchange, Reply } from './exchange.ts';
import type { Found } from './find.ts';
import { lastModified, wholeSecond } from './http-date.ts';

/** On every answer: nothing is used again without asking whether it is still right, and no browser guesses types. */
const always = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' };

/** What the conditions and the Range of the request make of a file, and the headers that go with it. */
export interface Plan {
  readonly selection: Selection;
  readonly headers: OutgoingHttpHeaders;
}

export function plan({ method, headers }: Asked, file: string, representation: Representation): Plan {
  const selection = select(method, headers, representation);
  return { selection, headers: headersFor(selection, file, representation) };
}

function headersFor({ status, part }: Selection, file: string, representation: Representation): OutgoingHttpHeaders {
  const { size, tag, modified } = representation;
  if (part === undefined && status !== 304)
    return { ...always, ...(status === 416 && { 'Content-Range': `bytes */${size}` }), 'Content-Length': 0 };
  const validators = { ...always, ETag: tag, 'Last-Modified': lastModified(modified) };
  if (part === undefined) return validators;
  return {
    ...validators,
    'Accept-Ranges': 'bytes',
    ...(status === 206 && { 'Content-Range': `bytes ${part.start}-${part.end - 1}/${size}` }),
    'Content-Type': contentType(file),
    'Content-Length': part.end - part.start,
  };
}

/** A file out of memory. */
export type InMemory = Served & { readonly bytes: Buffer; readonly hash: string };

const isInMemory = (served: Served): served is InMemory => served.bytes !== undefined && served.hash !== undefined;

/** Sends what was found, at once; false when it is a file on disk that is to be streamed. */
export function sendFound(exchange: Exchange, found: Found): boolean {
  if ('allow' in found) {
    const { challenge } = found;
    refuse(exchange, found, challenge === undefined ? {} : { 'WWW-Authenticate': [...challenge] });
  } else if (isRefusal(found)) refuse(exchange, found);
  else if (isInMemory(found)) sendBytes(exchange, found);
  else return false;
  return true;
}

function sendBytes(exchange: Exchange, served: InMemory): void {
  const { asked, way } = exchange;
  const { file, device, revision, bytes } = served;
  if (isPlain(asked)) {
    const body = asked.method === 'HEAD' ? undefined : bytes;
    exchange.note({ status: 200, file, device, revision, length: body?.byteLength ?? 0 });
    way.send(wholeOf(served), body);
    return;
  }
  const { selection, headers } = plan(asked, file, representationOf(served));
  const { status, part } = selection;
  const body = part === undefined || asked.method === 'HEAD' ? undefined : bytes.subarray(part.start, part.end);
  exchange.note({ status, file, device, revision, length: body?.byteLength ?? 0 });
  way.send({ status, headers }, body);
}

const representationOf = ({ size, hash, modified }: InMemory): Representation => {
  return { size, tag: `"${hash}"`, modified: wholeSecond(modified) };
};

/** Nothing in the request makes it anything but the whole. */
const isPlain = ({ headers }: Asked): boolean =>
  headers['if-none-match'] === undefined &&
  headers['if-modified-since'] === undefined &&
  headers.range === undefined &&
  headers['if-match'] === undefined &&
  headers['if-unmodified-since'] === undefined;

/** From then on Last-Modified does not depend on the clock any more (ms). */
const settled = 3000;

/** What goes before the whole of a file: made once for as long as its bytes are in memory. */
function wholeOf(served: InMemory): Reply {
  const { file, size, modified, made } = served;
  const known = made?.http as Reply | undefined;
  if (known !== undefined) return known;
  const headers = headersFor({ status: 200, part: { start: 0, end: size } }, file, representationOf(served));
  const whole = { status: 200, headers };
  if (made !== undefined && Date.now() - modified.getTime() > settled) made.http = whole;
  return whole;
}

/** A refusal has no body: phones read every body as a configuration. The reason is for the journal. */
export function refuse(
  exchange: Exchange,
  refusal: Pick<FetchFact, 'status' | 'reason' | 'file' | 'device' | 'refusal'> & { readonly reason: string },
  headers: OutgoingHttpHeaders = {},
): void {
  const { status, reason, file, device } = refusal;
  if (exchange.way.begun) {
    exchange.cut(reason);
    return;
  }
  exchange.note({ status, reason, file, device, refusal: refusal.refusal, length: 0 });
  exchange.way.send({ status, headers: { ...always, ...headers, 'Content-Length': 0 } }, undefined);
}

/** A page for people and programs that watch offhook; no fetch of a device. */
export interface Page {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

export function sendPage({ asked, way }: Exchange, { status, headers, body }: Page): void {
  const all = { ...always, ...headers, 'Content-Length': Buffer.byteLength(body) };
  way.send({ status, headers: all }, asked.method === 'HEAD' ? undefined : body);
}

import type { OutgoingHttpHeaders } from 'node:http';
import type { Refusal, Served } from '../served.ts';
import { type Representation, type Selection, select } from './conditions.ts';
import { contentType } from './content-type.ts';
import type { Exchange } from './exchange.ts';
import { lastModified, wholeSecond } from './http-date.ts';

/** On every answer: nothing is used again without asking whether it is still right, and no browser guesses types. */
const always = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' };

/** What the conditions and the Range of the request make of a file, and the headers that go with it. */
export interface Plan {
  readonly selection: Selection;
  readonly headers: OutgoingHttpHeaders;
}

export function plan({ request }: Exchange, file: string, representation: Representation): Plan {
  const selection = select(request.method ?? '', request.headers, representation);
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

/** A file of the build, out of memory. */
export function sendBytes(
  exchange: Exchange,
  served: Served & { readonly bytes: Buffer; readonly hash: string },
): void {
  const { request, response } = exchange;
  const { file, device, revision, bytes, hash, size } = served;
  const modified = wholeSecond(served.modified);
  const { selection, headers } = plan(exchange, file, { size, tag: `"${hash}"`, modified });
  const { status, part } = selection;
  const body = part === undefined || request.method === 'HEAD' ? undefined : bytes.subarray(part.start, part.end);
  exchange.note({ status, file, device, revision, length: body?.byteLength ?? 0 });
  response.writeHead(status, headers);
  response.end(body);
}

/** A refusal has no body: phones read every body as a configuration. The reason is for the journal. */
export function refuse(
  { response, note, cut }: Exchange,
  refusal: Omit<Refusal, 'status'> & { readonly status: number },
  headers: OutgoingHttpHeaders = {},
): void {
  const { status, reason, file, device } = refusal;
  if (response.headersSent) {
    cut(reason);
    return;
  }
  note({ status, reason, file, device, length: 0 });
  response.writeHead(status, { ...always, ...headers, 'Content-Length': 0 });
  response.end();
}

/** A page for people and programs that watch offhook; no fetch of a device. */
export interface Page {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

export function sendPage({ request, response }: Exchange, { status, headers, body }: Page): void {
  response.writeHead(status, { ...always, ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

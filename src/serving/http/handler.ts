import type { IncomingMessage } from 'node:http';
import { isRefusal, type Lookup, type Served } from '../served.ts';
import type { Exchange } from './exchange.ts';
import { sendOther } from './other-file.ts';
import { type Page, refuse, sendBytes, sendPage } from './respond.ts';

export interface PageRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
}

/** The pages under `/-/`; undefined for a path that is none. */
export type Pages = (request: PageRequest) => Page | undefined | Promise<Page | undefined>;

export interface HandlerOptions {
  readonly lookup: Lookup;
  readonly pages?: Pages;
  /** Bytes of a body that nobody asked for. */
  readonly unwantedBody: number;
}

/** Answers one exchange. What goes wrong in it becomes its answer, or ends its connection: it never throws. */
export function createHandler(options: HandlerOptions): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    try {
      await answer(exchange, options);
    } catch (error) {
      refuse(exchange, { status: 500, reason: `a fault of offhook: ${error}` });
    }
  };
}

async function answer(exchange: Exchange, { lookup, pages, unwantedBody }: HandlerOptions): Promise<void> {
  const { request } = exchange;
  const method = request.method ?? '';
  dropBody(exchange, unwantedBody);
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(exchange, { status: 405, reason: `the method ${method} is not for files` }, { Allow: 'GET, HEAD' });
  if (request.httpVersion === '1.1' && request.headers.host === undefined)
    return refuse(exchange, { status: 400, reason: 'HTTP/1.1 without a Host header' });
  const target = request.url ?? '';
  const page = await pages?.({ method, path: pagePath(target) });
  if (page !== undefined) {
    exchange.forget();
    return sendPage(exchange, page);
  }
  const answered = await lookup(target);
  if (exchange.over) return;
  if (isRefusal(answered)) return refuse(exchange, answered);
  return hasBytes(answered) ? sendBytes(exchange, answered) : sendOther(exchange, answered);
}

const hasBytes = (served: Served): served is Served & { bytes: Buffer; hash: string } =>
  served.bytes !== undefined && served.hash !== undefined;

const pagePath = (target: string) => target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/\?.*$/s, '');

/** Reads what a small body has, so that the connection stays whole and the answer arrives; a large one ends it. */
function dropBody({ request, response, cut }: Exchange, most: number): void {
  if (!hasBody(request)) return;
  if (Number(request.headers['content-length'] ?? 0) > most) response.shouldKeepAlive = false;
  let read = 0;
  request.on('data', (chunk: Buffer) => {
    read += chunk.byteLength;
    if (read > most) cut('a body that nobody asked for, and too large to be read');
  });
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

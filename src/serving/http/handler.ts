import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRefusal } from '../served.ts';
import { type ApiDoor, doorFor } from './api-door.ts';
import type { Exchange } from './exchange.ts';
import { createFind, type FindOptions, type Found } from './find.ts';
import { sendOther } from './other-file.ts';
import { type Page, refuse, sendFound, sendPage } from './respond.ts';
import { takeUpload, type UploadOptions } from './upload.ts';

export interface PageRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
}

/** The pages under `/-/`; undefined for a path that is none. */
export type Pages = (request: PageRequest) => Page | undefined | Promise<Page | undefined>;

export interface HandlerOptions extends FindOptions, UploadOptions {
  readonly pages?: Pages;
  /** Asked for with each request. */
  readonly api?: () => ApiDoor | undefined;
  /** Bytes of a body that nobody asked for. */
  readonly unwantedBody: number;
}

/** What node:http has of an exchange. */
export interface Message {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the request was found to ask for already. */
  readonly found?: Found;
}

/** Answers one exchange. What goes wrong in it becomes its answer, or ends its connection: it never throws. */
export function createHandler(options: HandlerOptions): (exchange: Exchange, message: Message) => Promise<void> {
  const find = createFind(options);

  const answer = async (exchange: Exchange, { request, response, found }: Message): Promise<void> => {
    const { method, target, headers } = exchange.asked;
    const door = found === undefined ? doorFor(pathOf(target), options.api) : undefined;
    if (door !== undefined) {
      exchange.forget();
      return door.answer(request, response, exchange.asked);
    }
    const drop = () => dropBody(exchange, { request, response }, options.unwantedBody);
    if (await takeUpload(exchange, { request, response, drop }, options)) return;
    drop();
    if (method !== 'GET' && method !== 'HEAD')
      return refuse(exchange, { status: 405, reason: `the method ${method} is not for files` }, { Allow: 'GET, HEAD' });
    if (request.httpVersion === '1.1' && headers.host === undefined)
      return refuse(exchange, { status: 400, reason: 'HTTP/1.1 without a Host header' });
    const page = found === undefined ? await options.pages?.({ method, path: pathOf(target) }) : undefined;
    if (page !== undefined) {
      exchange.forget();
      return sendPage(exchange, page);
    }
    const answered = found ?? (await find(exchange.asked));
    if (exchange.over || sendFound(exchange, answered) || 'allow' in answered || isRefusal(answered)) return;
    await sendOther(exchange, answered, response);
  };

  return async (exchange, message) => {
    try {
      await answer(exchange, message);
    } catch (error) {
      refuse(exchange, { status: 500, reason: `a fault of offhook: ${error}` });
    }
  };
}

/** Of a target in whatever form, without query. */
export const pathOf = (target: string): string =>
  target.startsWith('/') && !target.includes('?')
    ? target
    : target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/\?.*$/s, '');

/** Reads what a small body has, so that the connection stays whole and the answer arrives; a large one ends it. */
function dropBody(exchange: Exchange, { request, response }: Message, most: number): void {
  if (!hasBody(request)) return;
  if (Number(request.headers['content-length'] ?? 0) > most) response.shouldKeepAlive = false;
  let read = 0;
  request.on('data', (chunk: Buffer) => {
    read += chunk.byteLength;
    if (read > most) exchange.cut('a body that nobody asked for, and too large to be read');
  });
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

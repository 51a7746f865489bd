import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRefusal } from '../served.ts';
import type { Outcome, Upload, Uploads } from '../uploads/uploads.ts';
import type { Exchange } from './exchange.ts';
import { createFind, type FindOptions } from './find.ts';
import { refuse, sendFound } from './respond.ts';

export interface UploadOptions extends Pick<FindOptions, 'gate'> {
  /** Where PUT and POST go while it is on; else they are refused. */
  readonly uploads?: Pick<Uploads, 'isOn' | 'receive'>;
}

interface Message {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Reads what is left of a body that is not wanted. */
  readonly drop: () => void;
}

/** Takes what a phone sends, through the same gate as its fetches. False when it is none of that, or nothing is taken. */
export async function takeUpload(
  exchange: Exchange,
  { request, response, drop }: Message,
  { uploads, gate }: UploadOptions,
): Promise<boolean> {
  const { method } = exchange.asked;
  if (!uploads?.isOn() || (method !== 'PUT' && method !== 'POST')) return false;
  let outcome: Outcome | undefined;
  const find = createFind({
    gate,
    async lookup(path) {
      outcome = await uploads.receive({ path, ...bodyOf(exchange, request, response) });
      return taken;
    },
  });
  // A socket that the client has closed for itself stays open for the answer: nobody else tells that no more will come.
  const brokenOff = () => {
    if (!request.complete) exchange.cut('the client broke off the upload');
  };
  request.socket.once('end', brokenOff);
  const found = await find(exchange.asked);
  request.socket.off('end', brokenOff);
  if (!request.readableEnded) drop();
  if (exchange.over) return true;
  if (outcome) refuse(exchange, outcome);
  else if ('allow' in found || isRefusal(found)) sendFound(exchange, found);
  else refuse(exchange, { status: 403, reason: 'a bootstrap token is for fetching only' });
  return true;
}

/** The outcome says the rest. */
const taken = { status: 405, reason: 'an upload' } as const;

function bodyOf(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Omit<Upload, 'path'> {
  const { 'content-length': length, 'content-type': type, expect } = request.headers;
  return {
    body: request.iterator({ destroyOnReturn: false }),
    length: length === undefined ? undefined : Number(length),
    type,
    begin: () => {
      if (/^100-continue$/i.test(expect ?? '')) response.writeContinue();
    },
    came: (received) => exchange.note({ received }),
  };
}

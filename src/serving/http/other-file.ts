import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import serveHandler from 'serve-handler';
import { Refused, refusedBy } from '../open-inside.ts';
import type { Served } from '../served.ts';
import type { EntityTag } from './entity-tag.ts';
import type { Exchange } from './exchange.ts';
import { wholeSecond } from './http-date.ts';
import type { Part } from './range.ts';
import { plan, refuse } from './respond.ts';

/**
 * A file that people put beside ours, firmware, say: streamed by serve-handler, which is asked only when all is
 * decided. Left alone it would answer POST, follow linked folders, ignore If-Range and lists of tags, leak a descriptor
 * on each 304 and end the process on a file that cannot be opened.
 */
export async function sendOther(exchange: Exchange, served: Served, response: ServerResponse): Promise<void> {
  const { file, device } = served;
  const handle = await opened(served).catch(refusedBy);
  if (handle instanceof Refused)
    return refuse(exchange, { status: handle.status, reason: handle.message, file, device });
  try {
    await sendHandle(exchange, served, { handle, response });
  } finally {
    await handle.close();
  }
}

async function opened({ open }: Served): Promise<FileHandle> {
  if (open === undefined) throw new Refused(500, 'a fault of offhook: a file without bytes');
  return open();
}

interface Open {
  readonly handle: FileHandle;
  readonly response: ServerResponse;
}

async function sendHandle(exchange: Exchange, { file, device }: Served, open: Open): Promise<void> {
  const { asked, way } = exchange;
  const { handle, response } = open;
  const stats = await handle.stat({ bigint: true });
  const size = Number(stats.size);
  const modified = wholeSecond(stats.mtime);
  const { selection, headers } = plan(asked, file, { size, tag: tagOf(stats), modified });
  const { status, part } = selection;
  const length = part === undefined || asked.method === 'HEAD' ? 0 : part.end - part.start;
  exchange.note({ status, file, device, length });
  if (part === undefined || length === 0) way.send({ status, headers }, undefined);
  else await stream(exchange, response, { handle, size, status, part, headers });
}

/**
 * Strong as long as the file is not written in place within one tick of the file system's clock; so for two seconds
 * after a change the tag is weak, and a Range that is bound to it gets the whole.
 */
export function tagOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats, now: number = Date.now()): EntityTag {
  const identity = [ino, size, mtimeNs, ctimeNs].join(' ');
  const tag = `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`;
  return now - Number(ctimeNs / 1_000_000n) < 2000 ? `W/${tag}` : tag;
}

interface Streamed {
  readonly handle: FileHandle;
  readonly size: number;
  readonly status: number;
  readonly part: Part;
  readonly headers: OutgoingHttpHeaders;
}

type ServeHandler = Parameters<typeof serveHandler>;

async function stream(exchange: Exchange, response: ServerResponse, streamed: Streamed): Promise<void> {
  const { handle, size, status, part, headers } = streamed;
  const { start, end } = part;
  const body = handle.createReadStream({ start, end: end - 1 });
  body.once('error', (error) => exchange.cut(`the file cannot be read: ${error.message}`));
  body.once('end', () => {
    if (body.bytesRead < end - start) exchange.cut('the file became shorter while it was sent');
  });
  const request = { url: '/file', headers: status === 206 ? { range: `bytes=${start}-${end - 1}` } : {} };
  const methods = {
    lstat: async () => ({ size, mtime: new Date(0), isDirectory: () => false, isSymbolicLink: () => false }),
    createReadStream: () => body,
  };
  try {
    await serveHandler(request as ServeHandler[0], response, configFor(headers), methods as unknown as ServeHandler[3]);
    await exchange.done;
  } finally {
    body.destroy();
  }
}

/** Every header is ours; one of null takes serve-handler's own away. */
function configFor(headers: OutgoingHttpHeaders): ServeHandler[2] {
  const all = Object.entries({ 'Content-Disposition': null, ...headers }).map(([key, value]) => ({ key, value }));
  const config = { public: '/out', cleanUrls: false, directoryListing: false, symlinks: false, etag: false };
  return { ...config, headers: [{ source: '**', headers: all as { key: string; value: string }[] }] };
}

import type { Socket } from 'node:net';
import type { FetchFact } from '../../model/fact.ts';
import { shownPath } from '../request-path.ts';
import type { Client } from './client.ts';

/** What is no HTTP request, or not a whole one in time, as Node reports it. */
export interface ClientError {
  readonly code?: string;
  readonly message: string;
  readonly rawPacket?: Buffer;
}

const phrases = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** A refusal of what has not become a request, or not an ordinary one. */
export interface RawRefusal {
  readonly status: keyof typeof phrases;
  readonly method: string;
  readonly target: string;
  readonly reason: string;
}

/** How to refuse it; undefined when nothing was said, or nobody is there any more to be answered. */
export function refusalOf(error: ClientError, socket: Socket): RawRefusal | undefined {
  const { code, rawPacket } = error;
  if (!socket.writable || socket.bytesRead === 0 || code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  return { status, ...requestLine(rawPacket), reason: reasonOf(error, status) };
}

function reasonOf({ code, message, rawPacket }: ClientError, status: number): string {
  if (status === 408) return 'the request did not come in time';
  if (status === 431) return 'the headers of the request are too large';
  if (rawPacket?.[0] === 0x16) return 'TLS on the port of plain HTTP';
  return `not HTTP: ${code ?? message}`;
}

/** What can be read of it; a later packet of a request has no request line. */
function requestLine(packet: Buffer | undefined): { method: string; target: string } {
  const [, method = '', target = ''] = packet?.toString('latin1', 0, 2048).match(/^([A-Z]{3,20}) (\S{1,1024})/) ?? [];
  return { method, target };
}

/** A client that is still sending would lose the answer if the connection were closed under it (RFC 9112 section 9.6). */
const lingering = 1000;

/** Answers without a body, as to every phone, closes the connection, and returns the fact. */
export function refuseRaw(socket: Socket, { protocol, address }: Client, refusal: RawRefusal): FetchFact {
  const { status, method, target, reason } = refusal;
  const allow = status === 405 ? 'Allow: GET, HEAD\r\n' : '';
  socket.end(`HTTP/1.1 ${status} ${phrases[status]}\r\n${allow}Content-Length: 0\r\nConnection: close\r\n\r\n`);
  socket.once('end', () => socket.destroy()).resume();
  setTimeout(() => socket.destroy(), lingering).unref();
  const sent = { status, bytes: 0, complete: true, reason, duration: 0 };
  return { at: Date.now(), protocol, address, method, path: shownPath(target), ...sent };
}

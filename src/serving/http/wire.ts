import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Reply } from './exchange.ts';

/** An answer, as the fast way writes it. */
export interface Outgoing {
  readonly reply: Reply;
  readonly body: Buffer;
  readonly keepAlive: boolean;
  /** Over TLS nothing is ever with the system at once. */
  readonly secure: boolean;
}

/**
 * Writes an answer. `written` is called with the bytes of the body that the system has taken: once for most, and mostly
 * at once; several times for a long body; never again when the connection is lost.
 */
export type Write = (socket: Socket, outgoing: Outgoing, progress: Progress) => void;

export interface Progress {
  written(bytes: number): void;
}

/** A longer answer goes out in pieces, so that it is known how much of it did. */
const room = 32 * 1024;
const piece = 64 * 1024;

/**
 * Status line and headers as node:http writes them, in the same order. Head and body of a small answer go out in one
 * piece, from memory that is used again as soon as the system has taken it, and that is nearly always at once.
 * `idle`: what the client is told of how long a connection is kept (ms).
 */
export function createWrite(idle: number): Write {
  const endings = createEndings(idle);
  let memory = Buffer.allocUnsafeSlow(room);

  const writeAtOnce = (socket: Socket, [head, ending, body]: readonly [Buffer, Buffer, Buffer], progress: Progress) => {
    memory.set(head, 0);
    memory.set(ending, head.length);
    memory.set(body, head.length + ending.length);
    // A callback would cost a turn of the loop, and an error object when the connection is closed in it.
    socket.write(memory.subarray(0, head.length + ending.length + body.length));
    if (socket.writableLength === 0) {
      if (socket.errored === null) progress.written(body.length);
      return;
    }
    memory = Buffer.allocUnsafeSlow(room);
    writeLast(socket, nothing, { body, progress });
  };

  return (socket, { reply, body, keepAlive, secure }, progress) => {
    const head = headOf(reply);
    const ending = endings(keepAlive);
    if (head.length + ending.length + body.length > room) {
      socket.write(Buffer.concat([head, ending]));
      writeFrom(0, { socket, body, progress });
    } else if (secure) writeLast(socket, Buffer.concat([head, ending, body]), { body, progress });
    else writeAtOnce(socket, [head, ending, body], progress);
  };
}

const nothing = Buffer.alloc(0);

/** With these bytes all of the body is written. */
function writeLast(socket: Socket, bytes: Buffer, { body, progress }: Omit<Long, 'socket'>): void {
  socket.write(bytes, (error) => {
    if (!error) progress.written(body.length);
  });
}

interface Long {
  readonly socket: Socket;
  readonly body: Buffer;
  readonly progress: Progress;
}

function writeFrom(start: number, long: Long): void {
  const { socket, body, progress } = long;
  const end = Math.min(start + piece, body.length);
  socket.write(body.subarray(start, end), (error) => {
    if (error) return;
    progress.written(end);
    if (end < body.length) writeFrom(end, long);
  });
}

function headOf(reply: Reply): Buffer {
  const { status, headers } = reply;
  if (reply.bytes !== undefined) return reply.bytes;
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one) => `${name}: ${one}\r\n`) : `${name}: ${value}\r\n`,
  );
  reply.bytes = Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}`, 'latin1');
  return reply.bytes;
}

/** Date and Connection with the empty line, made once a second. */
function createEndings(idle: number): (keepAlive: boolean) => Buffer {
  let second = 0;
  let [kept, closed] = [Buffer.alloc(0), Buffer.alloc(0)];
  return (keepAlive) => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      const date = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
      const timeout = `Keep-Alive: timeout=${Math.floor(idle / 1000)}\r\n`;
      kept = Buffer.from(`${date}Connection: keep-alive\r\n${timeout}\r\n`);
      closed = Buffer.from(`${date}Connection: close\r\n\r\n`);
    }
    return keepAlive ? kept : closed;
  };
}

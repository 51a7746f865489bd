import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** An answer, as the fast way writes it. */
export interface Outgoing {
  readonly status: number;
  /** The same object stands for the same bytes: it is not to be changed after. */
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  readonly keepAlive: boolean;
}

/**
 * Writes an answer. `written` is called with the bytes of the body that the system has taken: once for most, several times
 * for a long body, and never again when the connection is lost.
 */
export type Write = (socket: Socket, outgoing: Outgoing, written: (bytes: number) => void) => void;

/** A longer answer goes out in pieces, so that it is known how much of it did. */
const room = 32 * 1024;
const piece = 64 * 1024;

/**
 * Status line and headers as node:http writes them, in the same order. Head and body of a small answer go out in one
 * piece, from memory that is used again as soon as the system has taken it, and that is nearly always at once.
 * `idle`: what the client is told of how long a connection is kept (ms).
 */
export function createWrite(idle: number): Write {
  const heads = new WeakMap<OutgoingHttpHeaders, Buffer>();
  const endings = createEndings(idle);
  let memory = Buffer.allocUnsafeSlow(room);

  const headOf = (status: number, headers: OutgoingHttpHeaders): Buffer => {
    const known = heads.get(headers);
    if (known !== undefined) return known;
    const head = Buffer.from(headText(status, headers), 'latin1');
    heads.set(headers, head);
    return head;
  };

  return (socket, { status, headers, body, keepAlive }, written) => {
    const head = headOf(status, headers);
    const ending = endings(keepAlive);
    const headLength = head.length + ending.length;
    const length = headLength + body.length;
    if (length > room) {
      socket.write(Buffer.concat([head, ending]));
      writeFrom(0, { socket, body, written });
      return;
    }
    memory.set(head, 0);
    memory.set(ending, head.length);
    memory.set(body, headLength);
    socket.write(memory.subarray(0, length), (error) => {
      if (!error) written(body.length);
    });
    if (socket.writableLength > 0) memory = Buffer.allocUnsafeSlow(room);
  };
}

interface Long {
  readonly socket: Socket;
  readonly body: Buffer;
  readonly written: (bytes: number) => void;
}

function writeFrom(start: number, long: Long): void {
  const { socket, body, written } = long;
  const end = Math.min(start + piece, body.length);
  socket.write(body.subarray(start, end), (error) => {
    if (error) return;
    written(end);
    if (end < body.length) writeFrom(end, long);
  });
}

function headText(status: number, headers: OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one) => `${name}: ${one}\r\n`) : `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}`;
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

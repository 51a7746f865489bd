import { createSocket } from 'node:dgram';

/** Seconds between 1900, where NTP begins, and 1970. */
const epoch = 2_208_988_800;

/**
 * By how much this clock is ahead of a time server's, in milliseconds, by one question of SNTP (RFC 4330 section 5); in
 * words why there is no answer. Never rejects.
 */
export function askTime(
  host: string,
  { port = 123, patience = 2000, now = Date.now }: { port?: number; patience?: number; now?: () => number } = {},
): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const end = (answer: number | string) => {
    clearTimeout(timer);
    resolve(answer);
    setImmediate(() => socket.close());
  };
  const timer = setTimeout(() => end('no answer'), patience);
  const request = Buffer.alloc(48);
  // No warning, version 4, a client; the time that we send, by which the answer is known.
  request[0] = 0x23;
  const begun = now();
  writeTime(request, begun);
  socket.on('message', (reply) => {
    if (reply.length < 48 || !reply.subarray(24, 32).equals(request.subarray(40, 48))) return;
    const [received, sent] = [readTime(reply, 32), readTime(reply, 40)];
    if (sent < 0) end('it does not know the time itself');
    else end((begun - received + (now() - sent)) / 2);
  });
  socket.on('error', (error) => end((error as NodeJS.ErrnoException).code ?? error.message));
  socket.send(request, port, host, (error) => error && end((error as NodeJS.ErrnoException).code ?? error.message));
  return promise;
}

function writeTime(packet: Buffer, at: number): void {
  packet.writeUInt32BE((Math.floor(at / 1000) + epoch) % 2 ** 32, 40);
  packet.writeUInt32BE(Math.floor(((at % 1000) / 1000) * 2 ** 32), 44);
}

/** Milliseconds since 1970; negative when the field is empty. */
const readTime = (packet: Buffer, at: number): number =>
  (packet.readUInt32BE(at) - epoch + packet.readUInt32BE(at + 4) / 2 ** 32) * 1000;

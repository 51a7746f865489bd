import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A phone as far as NOTIFYs go: it answers each with a status, or with nothing. */
export interface AnsweringPhone {
  readonly port: number;
  /** The first lines of what came, and its Event headers. */
  readonly heard: readonly string[];
}

export async function answeringPhone(status: number | 'nothing' = 200): Promise<AnsweringPhone> {
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (datagram, { address, port }) => {
    const text = datagram.toString();
    heard.push(`${text.split(' ')[0]} ${/^Event: *(\S+)/im.exec(text)?.[1]}`);
    if (status === 'nothing') return;
    const kept = text.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line));
    const lines = [
      `SIP/2.0 ${status} Whatever`,
      ...kept.map((line) => line.replace(/^(To:[^;]*)$/i, '$1;tag=x')),
      'Content-Length: 0',
      '',
      '',
    ];
    socket.send(lines.join('\r\n'), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { port: socket.address().port, heard };
}

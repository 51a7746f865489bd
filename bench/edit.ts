import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type FSWatcher, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A phone: it takes every NOTIFY that it is sent, and keeps the time. */
export interface Phone {
  readonly address: string;
  readonly port: number;
  /** When the next NOTIFY came, by `performance.now()`. */
  notified(): Promise<number>;
  close(): void;
}

export async function createPhone(): Promise<Phone> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let arrived = (_at: number) => {};
  socket.on('message', (request, from) => {
    arrived(performance.now());
    socket.send(answerTo(request.toString()), from.port, from.address);
  });
  return {
    ...socket.address(),
    notified: () => new Promise((resolve) => (arrived = resolve)),
    close: () => socket.close(),
  };
}

function answerTo(request: string): string {
  const headers = request.split('\r\n').filter((line) => /^(?:via|from|to|call-id|cseq):/i.test(line));
  return ['SIP/2.0 200 OK', ...headers, 'Content-Length: 0', '', ''].join('\r\n');
}

export interface Edit {
  /** The file that is edited, with its new text. */
  readonly source: string;
  readonly text: string;
  /** The folder that is written, and what the device's own files there hold when the edit has come through. */
  readonly out: string;
  readonly wanted: string;
}

/** Seconds from the beginning of the edit to the new bytes in the folder, and to the NOTIFY at the phone. */
export interface EditTimes {
  readonly disk: number;
  readonly notify: number;
}

/** Writes the file as an editor would, in place, and waits for what comes of it. */
export async function timeEdit({ source, text, out, wanted }: Edit, phone: Phone): Promise<EditTimes> {
  const watcher = watch(out);
  try {
    const disk = bytesIn(watcher, out, wanted);
    const notify = phone.notified();
    const since = performance.now();
    writeFileSync(source, text);
    return { disk: ((await disk) - since) / 1e3, notify: ((await notify) - since) / 1e3 };
  } finally {
    watcher.close();
  }
}

/** When a file that holds the text was put into the folder. */
function bytesIn(watcher: FSWatcher, out: string, wanted: string): Promise<number> {
  return new Promise((resolve) => {
    watcher.on('change', (_, name) => {
      const at = performance.now();
      if (holds(join(out, String(name)), wanted)) resolve(at);
    });
  });
}

function holds(path: string, wanted: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(wanted);
  } catch {
    return false;
  }
}

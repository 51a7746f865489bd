import type { ReadStream } from 'node:tty';

/** What a value is read from. */
export type Input = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'pause' | 'resume'> &
  AsyncIterable<Buffer>;

/** A value: typed on a terminal, which does not show it, up to Enter; or all that comes through a pipe. @throws Error when it is broken off */
export async function readHidden(input: Input, prompt: (text: string) => void): Promise<string> {
  if (!input.isTTY) {
    const chunks: Buffer[] = [];
    for await (const chunk of input) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }
  prompt('value (it is not shown): ');
  input.setRawMode(true);
  try {
    return await typed(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    prompt('\n');
  }
}

function typed(input: Input): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const hear = (chunk: Buffer) => {
    for (const key of chunk.toString('utf8')) {
      // Enter, or the end of input (Ctrl-D); Ctrl-C; a key that takes back.
      if (key === '\r' || key === '\n' || key === '\u0004') return end(() => resolve(text));
      if (key === '\u0003') return end(() => reject(new Error('broken off')));
      text = key === '\u007f' || key === '\b' ? [...text].slice(0, -1).join('') : text + key;
    }
  };
  const end = (settle: () => void) => {
    input.off('data', hear);
    settle();
  };
  input.on('data', hear);
  input.resume();
  return promise;
}

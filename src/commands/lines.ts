/** Lines on their way to a stream. */
export interface Lines {
  add(line: string): void;
  /** Writes what waits, now. */
  flush(): void;
}

/** Characters that wait at most. */
const most = 64 * 1024;

/** Writes together what one turn of the event loop has to say: a system call for each line costs more than the line. */
export function createLines(write: (text: string) => void): Lines {
  let waiting = '';
  const flush = () => {
    const text = waiting;
    waiting = '';
    if (text !== '') write(text);
  };
  return {
    flush,
    add(line) {
      if (waiting === '') setImmediate(flush);
      waiting += line;
      if (waiting.length >= most) flush();
    },
  };
}

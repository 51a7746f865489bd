/** Bytes in, lines out. */
export interface Lines {
  /** False when a line is too long: nothing more can be made of what comes. */
  push(bytes: Uint8Array, line: (text: string) => void): boolean;
}

/** Lines end with LF, with or without CR before it; bytes that are no UTF-8 become replacement characters. */
export function createLines(longest = 16_384): Lines {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(bytes, line) {
      let buffer = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
      for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10)) {
        if (end > longest) return false;
        const text = buffer.toString('utf8', 0, end > 0 && buffer[end - 1] === 13 ? end - 1 : end);
        buffer = buffer.subarray(end + 1);
        line(text);
      }
      rest = Buffer.from(buffer);
      return rest.length <= longest;
    },
  };
}

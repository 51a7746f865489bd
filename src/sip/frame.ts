/** Cuts what comes over TCP or TLS into messages (RFC 3261 section 18.3). */
export interface Framer {
  /** A sentence when no message can be found any more; line breaks between messages keep a connection alive (7.5). */
  push(bytes: Uint8Array, message: (bytes: Uint8Array) => void): string | undefined;
}

/** More than any message has, head or body. */
const longest = 65_536;

/** On a stream only Content-Length says where a message ends: without it nothing can be read. */
export function createFramer(): Framer {
  let rest: Buffer = Buffer.alloc(0);
  let fault: string | undefined;

  function next(): Uint8Array | undefined {
    let begin = 0;
    while (rest[begin] === 13 || rest[begin] === 10) begin++;
    rest = rest.subarray(begin);
    const end = rest.indexOf('\r\n\r\n');
    if (end > longest || (end < 0 && rest.length > longest)) fault = 'the head of a message does not end';
    if (fault !== undefined || end < 0) return undefined;
    const length = lengthIn(rest.toString('latin1', 0, end + 2));
    if (length === undefined || length > longest) fault = 'a message does not say how long it is';
    if (length === undefined || length > longest || rest.length < end + 4 + length) return undefined;
    const message = Buffer.from(rest.subarray(0, end + 4 + length));
    rest = rest.subarray(end + 4 + length);
    return message;
  }

  return {
    push(bytes, message) {
      if (fault !== undefined) return fault;
      rest = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
      for (let found = next(); found; found = next()) message(found);
      return fault;
    },
  };
}

/** Several that agree are one. */
function lengthIn(head: string): number | undefined {
  const found = [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*(?=\r\n)/gi)];
  const lengths = new Set(found.map(([, digits]) => Number(digits)));
  return lengths.size === 1 ? [...lengths][0] : undefined;
}

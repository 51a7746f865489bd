/** A message of the event socket (mod_event_socket.c): headers, an empty line, and a body of Content-Length bytes. */
export interface EslMessage {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface EslReader {
  /** A sentence when what comes is no event socket: then nothing more is read. */
  push(bytes: Uint8Array, message: (message: EslMessage) => void): string | undefined;
}

const longestHead = 65_536;
/** A listing of some ten thousand registrations. */
const longestBody = 64 * 1024 * 1024;

export function createEslReader(): EslReader {
  let parts: Buffer[] = [];
  let held = 0;
  /** Bytes without which there is no use in looking again. */
  let wanted = 0;
  let fault: string | undefined;

  function next(buffer: Buffer): { readonly message: EslMessage; readonly end: number } | undefined {
    const head = buffer.indexOf('\n\n');
    if (head < 0 && buffer.length > longestHead) fault = 'the head of a message does not end';
    if (head < 0) return undefined;
    const headers = readHeaders(buffer.toString('utf8', 0, head));
    const length = lengthOf(headers);
    if (head > longestHead || length === undefined) fault = 'a message does not say how long it is';
    if (fault !== undefined || length === undefined) return undefined;
    wanted = head + 2 + length;
    if (buffer.length < wanted) return undefined;
    return { message: { headers, body: buffer.toString('utf8', head + 2, wanted) }, end: wanted };
  }

  return {
    push(bytes, message) {
      if (fault !== undefined) return fault;
      parts.push(Buffer.from(bytes));
      held += bytes.length;
      if (held < wanted) return undefined;
      let buffer = Buffer.concat(parts);
      wanted = 0;
      for (let found = next(buffer); found; found = next(buffer)) {
        wanted = 0;
        buffer = buffer.subarray(found.end);
        message(found.message);
      }
      parts = buffer.length === 0 ? [] : [buffer];
      held = buffer.length;
      return fault;
    },
  };
}

function lengthOf(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get('content-length') ?? '0';
  const length = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return length !== undefined && length <= longestBody ? length : undefined;
}

/** `Name: value` on each line; the first of a name counts, what is none is passed over. */
function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name !== '' && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** The headers of an event in the form `plain`, whose values are percent-encoded. */
export function readEvent(body: string): ReadonlyMap<string, string> {
  const [head = ''] = body.split('\n\n', 1);
  return new Map([...readHeaders(head)].map(([name, value]) => [name, decoded(value)]));
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A command: lines of which none can bring another, and what follows them. */
export function writeCommand([first, ...rest]: readonly string[], body = ''): string {
  const lines = [first ?? '', ...rest, ...(body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`])];
  return `${lines.map((line) => `${line.replace(/\p{Cc}+/gu, ' ')}\n`).join('')}\n${body}`;
}

import type { Message } from './message.ts';
import { isToken } from './syntax.ts';

/**
 * The bytes of a message. Content-Length comes from the body. No value can add a line: a control character in one is
 * written as a blank, as an unfolded line would be. A method, header name or URI that is none throws a RangeError; they
 * come from this program, never from data (`escapeUser` makes any user fit for a URI).
 */
export function writeMessage(message: Message): Buffer {
  let head = `${startLine(message)}\r\n`;
  for (const { name, value } of message.headers) head += `${checked(name)}: ${onOneLine(value)}\r\n`;
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  return message.body.length === 0 ? Buffer.from(head) : Buffer.concat([Buffer.from(head), message.body]);
}

function startLine(message: Message): string {
  if (message.kind === 'response') return `SIP/2.0 ${message.status} ${onOneLine(message.reason)}`;
  if (!/^[^\s<>"\x00-\x1f\x7f]+$/.test(message.uri)) throw new RangeError('A Request-URI has no blanks or brackets.');
  return `${checked(message.method)} ${message.uri} SIP/2.0`;
}

function checked(name: string): string {
  if (!isToken(name)) throw new RangeError(`${JSON.stringify(name)} is no token.`);
  return name;
}

function onOneLine(value: string): string {
  return /[\x00-\x1f\x7f]/.test(value) ? value.replace(/[\x00-\x1f\x7f]+/g, ' ') : value;
}

/** One line per event, `key=value` (logfmt), to the stream that is handed in; never a secret, never a line break. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export function createLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}) =>
      write(`${now().toISOString()} ${level} ${printable(message)}${formatFields(fields)}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function formatFields(fields: Fields): string {
  let text = '';
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) text += ` ${name}=${typeof value === 'string' ? formatValue(value) : value}`;
  }
  return text;
}

/** What most values are: nothing that would have to be looked at character by character, or quoted. */
const plain = /^[!#-<>-[\]-~]+$/;

function formatValue(text: string): string {
  if (plain.test(text)) return text;
  return /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : printable(JSON.stringify(text));
}

/** A message may quote what came from the network: control characters are shown, not obeyed. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

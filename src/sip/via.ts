import type { Message } from './message.ts';
import { headersOf } from './message.ts';
import { parseParameters, splitOutsideQuotes } from './syntax.ts';

/** One hop of a Via (RFC 3261 section 20.42). */
export interface Via {
  readonly transport: string;
  /** `sent-by`; an IPv6 address keeps its brackets. */
  readonly host: string;
  readonly port?: number;
  /** Names in lower case: `branch`, `received`, `rport`. */
  readonly parameters: ReadonlyMap<string, string>;
}

const via = /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/;]+)\s+(\[[^\]\s]*\]|[^\s:;,[\]]+)(?:\s*:\s*(\d{1,5}))?\s*(?:;(.*))?$/is;

/** The hops of a message, topmost first; a hop that cannot be read is undefined. */
export function viasOf(message: Message): (Via | undefined)[] {
  return headersOf(message, 'Via')
    .flatMap((value) => splitOutsideQuotes(value, ','))
    .map(parseVia);
}

export function parseVia(value: string): Via | undefined {
  const [, transport, host, port, parameters] = via.exec(value) ?? [];
  if (transport === undefined || host === undefined) return undefined;
  return {
    transport: transport.toUpperCase(),
    host,
    port: port === undefined ? undefined : Number(port),
    parameters: parseParameters(parameters ?? ''),
  };
}

import type { Fields, Log } from '../log.ts';
import type { FetchFact } from '../model/fact.ts';
import { formatMac } from '../model/mac.ts';

/** What the line says beside the device and how long it took: the compiler finds a property that is missing. */
type Shown = Required<Omit<FetchFact, 'at' | 'device' | 'duration'>>;

/**
 * The one line that the daemon's log has for every answer. Its fields are written out, not copied from the fact: objects
 * of one shape, thousands a second, cost a fraction of copies.
 */
export function logFetch(log: Log, fact: FetchFact): void {
  log.info('fetch', {
    device: fact.device && formatMac(fact.device),
    protocol: fact.protocol,
    address: fact.address,
    method: fact.method,
    path: fact.path,
    file: fact.file,
    user_agent: fact.user_agent,
    model: fact.model,
    firmware: fact.firmware,
    status: fact.status,
    bytes: fact.bytes,
    complete: fact.complete,
    revision: fact.revision,
    reason: fact.reason,
    refusal: fact.refusal,
    retransmits: fact.retransmits,
    timeouts: fact.timeouts,
    ms: Math.round(fact.duration),
  } satisfies { [P in keyof Shown]: unknown } & Fields);
}

export type FetchFormat = 'text' | 'json';

/**
 * A fetch as `offhook fetches` prints it, one line without its end. Text is for people, in columns; JSON has the fact's
 * own names, absent ones left out. What came from the network cannot steer the terminal in either.
 */
export function formatFetch(fact: FetchFact, format: FetchFormat = 'text'): string {
  return format === 'json' ? escaped(JSON.stringify(fact)) : escaped(columnsOf(fact).join('  ').trimEnd());
}

function columnsOf(fact: FetchFact): string[] {
  const { at, protocol, address, method, path, status, bytes, complete, device, duration } = fact;
  const agent = [fact.model, fact.firmware].filter((part) => part !== undefined).join(' ') || fact.user_agent;
  return [
    new Date(at).toISOString(),
    (device === undefined ? '-' : formatMac(device)).padEnd(17),
    address.padEnd(15),
    `${protocol} ${method}`.padEnd(10),
    String(status),
    `${bytes} B`.padStart(10),
    `${Math.round(duration)} ms`.padStart(8),
    fact.file === undefined || fact.file === path ? path : `${path} -> ${fact.file}`,
    ...(agent === undefined ? [] : [`(${agent})`]),
    // A refusal over TFTP is a packet that nobody answers: whether it came is not known.
    ...(complete || status >= 400 ? [] : [fact.reason === undefined ? 'cut off' : 'cut off:']),
    ...(fact.reason === undefined ? [] : [fact.reason]),
  ];
}

/** Control, format and line separator characters as \uXXXX, which JSON reads back. */
const escaped = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );

import type { Header, Request, Response } from './message.ts';
import { headersOf } from './message.ts';
import type { Address } from './notify-request.ts';
import { hostOf, splitOutsideQuotes } from './syntax.ts';
import { parseVia } from './via.ts';

export interface Answer {
  readonly status: number;
  readonly reason: string;
  /** Our half of the dialog. */
  readonly tag: string;
  readonly headers?: readonly Header[];
}

/**
 * The response to a request that came from `source`: with its Via, From, Call-ID and CSeq, and our tag in To (RFC 3261
 * section 8.2.6). The topmost Via says where it came from (section 18.2.1; RFC 3581 for `rport`).
 */
export function respond(request: Request, source: Address, { status, reason, tag, headers = [] }: Answer): Response {
  const copied = ['From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    headersOf(request, name).map((value) => ({ name, value: name === 'To' ? withTag(value, tag) : value })),
  );
  const [top = '', ...below] = headersOf(request, 'Via').flatMap((value) => splitOutsideQuotes(value, ','));
  const vias = [withSource(top, source), ...below].map((value) => ({ name: 'Via', value }));
  return { kind: 'response', status, reason, headers: [...vias, ...copied, ...headers], body: Buffer.alloc(0) };
}

/** Where a response to a request from `source` goes: never to another host (RFC 3261 section 18.2.2, RFC 3581 section 4). */
export function replyAddress(request: Request, source: Address): Address {
  const [top = ''] = headersOf(request, 'Via').flatMap((value) => splitOutsideQuotes(value, ','));
  const via = parseVia(top);
  const port = via?.port ?? 5060;
  if (via === undefined || via.parameters.has('rport') || port < 1 || port > 65_535) return source;
  return { address: source.address, port };
}

const withTag = (to: string, tag: string): string => (/;\s*tag\s*=/i.test(to) ? to : `${to};tag=${tag}`);

function withSource(via: string, { address, port }: Address): string {
  const parts = splitOutsideQuotes(via, ';').filter((part) => !/^received\s*=/i.test(part));
  const named = parts.map((part) => (/^rport\s*(?:=|$)/i.test(part) ? `rport=${port}` : part));
  return [...named, `received=${hostOf(address)}`].join(';');
}

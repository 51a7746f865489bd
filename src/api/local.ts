import type { FastifyRequest } from 'fastify';
import { parseAddress } from '../model/cidr.ts';
import { quoted } from '../problem.ts';
import { Fault } from './fault.ts';

/** Whether a request is from this machine, and not through a proxy on it that is not listed: that brings anybody. */
export function isLocal({ client, headers }: Pick<FastifyRequest, 'client' | 'headers'>): boolean {
  if (client.isTwo || !isLoopback(client.address)) return false;
  const brought = [headers['x-forwarded-for'], headers['x-real-ip']].flat().flatMap((text) => text?.split(',') ?? []);
  return headers.forwarded === undefined && brought.every((text) => isLoopback(text.trim()));
}

function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.family === 4 ? address.value >>> 24 === 127 : address.value === 1n;
}

export interface Pages {
  /** Origins that may. */
  readonly cors: readonly string[];
  /** Of this machine. */
  readonly names: () => readonly string[];
}

/**
 * Where nobody is asked who he is, any page that is open in a browser of this machine could ask in his name: by another
 * origin, or by a name of its own that leads here. Programs send no Origin.
 */
export function demandOwnPage({ headers }: Pick<FastifyRequest, 'headers'>, { cors, names }: Pages): void {
  const { host = '', origin } = headers;
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  const isOwn = name === '' || parseAddress(name) !== undefined || /(?:^|\.)localhost$/.test(name);
  if (!isOwn && !names().some((own) => own.toLowerCase() === name))
    throw new Fault(
      403,
      'foreign-host',
      `${quoted(host)} is no name of this machine; wanted its address, or localhost`,
    );
  if (origin === undefined || cors.includes(origin)) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host)
    throw new Fault(
      403,
      'foreign-page',
      `pages of ${quoted(origin)} may not ask; wanted it in \`api: { cors: [...] }\``,
    );
}

import type { FastifyRequest } from 'fastify';
import { type EventFilter, eventTypes, typesOf } from '../../model/live-event.ts';
import { parseMac } from '../../model/mac.ts';
import { quoted } from '../../problem.ts';
import { Fault } from '../fault.ts';

/** Which events a request wants, and from where on. */
export interface Wanted {
  readonly filter: EventFilter;
  /** The last that is known; from now on when absent. */
  readonly after?: number;
}

export interface WantedQuery {
  readonly types?: string;
  readonly device?: string;
  readonly since?: string;
}

export const wantedSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    types: {
      type: 'string',
      maxLength: 512,
      description: 'Types, or what they begin with, with commas between them: `phone,build.finished`; `*` for all.',
    },
    device: { type: 'string', maxLength: 64, description: 'Only what concerns the device with this MAC.' },
    since: {
      type: 'string',
      maxLength: 20,
      description: 'The last event that is known: those after it come first. `0` for all that are kept.',
    },
  },
} as const;

/** @throws Fault 400 with what is wrong */
export function wantedOf({ query, headers }: FastifyRequest, standard: readonly string[]): Wanted {
  const { types: words, device, since } = query as WantedQuery;
  const types = typesOf(words === undefined ? standard : words.split(',').map((word) => word.trim()));
  if ('unknown' in types)
    throw wrong('types', `nothing is called ${types.unknown.map(quoted).join(', ')}; wanted ${eventTypes.join(', ')}`);
  const mac = device === undefined ? undefined : parseMac(device);
  if (device !== undefined && mac === undefined) throw wrong('device', `${quoted(device)} is no MAC`);
  const header = headers['last-event-id'];
  const last = typeof header === 'string' && header !== '' ? header : since;
  const after = last === undefined ? undefined : Number(last);
  if (last !== undefined && (!/^\d{1,16}$/.test(last) || !Number.isSafeInteger(after)))
    throw wrong('since', `${quoted(last)} is no id of an event; wanted a whole number`);
  return { filter: { types, ...(mac && { device: mac }) }, after };
}

const wrong = (where: string, message: string) =>
  new Fault(400, 'validation', `querystring ${where}: ${message}`, { details: [{ where, message }] });

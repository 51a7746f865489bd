import { Fault } from './fault.ts';

/** Where the next page begins. Callers hand it back as it is: what is in it is nobody's business. */
export const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Throws a Fault of 400 for what is none of ours. */
export function readCursor<T>(text: string | undefined, isCursor: (value: unknown) => value is T): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (isCursor(value)) return value;
  } catch {
    // Said below.
  }
  throw new Fault(400, 'cursor', 'the cursor is none; wanted `next` of the page before, as it was', {
    details: [{ where: 'cursor', message: 'is none' }],
  });
}

export const pageQuery = {
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100, description: 'How many at most.' },
  cursor: { type: 'string', minLength: 1, maxLength: 200, description: '`next` of the page before.' },
} as const;

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

export const pageOf = (name: string, items: object) =>
  ({
    title: name,
    type: 'object',
    required: ['items', 'next'],
    properties: {
      items: { type: 'array', items },
      next: { type: ['string', 'null'], description: 'The cursor of the next page; null when this is the last.' },
    },
  }) as const;

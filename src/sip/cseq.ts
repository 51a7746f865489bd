import { isToken } from './syntax.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** `2 NOTIFY` (RFC 3261 section 20.16): the number is below 2^31. */
export function parseCSeq(value: string): CSeq | undefined {
  const [, digits, method] = /^(\d{1,10})\s+(\S+)$/.exec(value) ?? [];
  if (digits === undefined || method === undefined || !isToken(method)) return undefined;
  const number = Number(digits);
  return number < 2 ** 31 ? { number, method } : undefined;
}

import type { FastifyRequest } from 'fastify';
import type { EditFault, NotEdited } from '../model/edit.ts';
import { type Mac, parseMac } from '../model/mac.ts';
import { formatPlace, quoted } from '../problem.ts';
import { Fault } from './fault.ts';

const statuses: Readonly<Record<NotEdited['refused'], number>> = {
  ...{ off: 403, missing: 404, exists: 409, precondition: 412, faults: 409, conflict: 409 },
};
const codes: Readonly<Record<NotEdited['refused'], string>> = {
  ...{ off: 'edits-off', missing: 'not-found', exists: 'exists' },
  ...{ precondition: 'precondition-failed', faults: 'faults', conflict: 'conflict' },
};

/** As many as a sentence names. */
const named = 5;

/** Why a change was not made, for whoever asked: every fault with its place. */
export function toFault({ refused, message, faults }: NotEdited): Fault {
  const sentence = refused === 'faults' && faults ? `the change is refused: ${sentenceOf(faults)}` : message;
  const title = refused === 'missing' ? { title: 'Not found' } : {};
  return new Fault(statuses[refused], codes[refused], sentence, {
    ...title,
    ...(faults && { extra: { faults: faults.map(shown) } }),
  });
}

const shown = ({ file, line, column, code, message }: EditFault) => ({ file, line, column, code, message });

function sentenceOf(faults: readonly EditFault[]): string {
  const all = faults.slice(0, named).map((one) => `${formatPlace(one)} ${one.message}`);
  return `${all.join('; ')}${faults.length > named ? `; and ${faults.length - named} more` : ''}`;
}

/** A MAC in any usual spelling. @throws Fault */
export function macFrom(text: unknown): Mac {
  const mac = parseMac(String(text));
  if (mac) return mac;
  throw new Fault(400, 'mac', `${quoted(String(text))} is no MAC address; wanted one such as 00:15:65:12:34:56`);
}

/**
 * The ETags of `If-Match` (RFC 9110 section 13.1.1), without quotes: of each the part that is the file’s, which is all that a
 * change depends on. A weak one is never the same. @throws Fault
 */
export function matchOf({ headers }: FastifyRequest): readonly string[] | undefined {
  const text = headers['if-match'];
  if (text === undefined) return undefined;
  if (text.trim() === '*') return ['*'];
  const tags = text.split(',').map((tag) => /^(?:W\/)?"([!#-~\u0080-\u00ff]*)"$/.exec(tag.trim()));
  if (tags.some((tag) => tag === null))
    throw new Fault(400, 'if-match', 'If-Match is no list of ETags; wanted one as it was given, with its quotes');
  return tags.flatMap((tag) => (tag?.[0].startsWith('W/') ? [] : [(tag?.[1] ?? '').replace(/\..*$/, '')]));
}

/** Deeper than anything that devices.yml has. */
const deepest = 20;

/** What is nested without end is no device. @throws Fault */
export function demandShallow(value: unknown, left = deepest): void {
  if (left === 0) throw new Fault(400, 'validation', `the body is nested more than ${deepest} levels deep`);
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) demandShallow(inner, left - 1);
}

import { formatMac, type Mac } from '../model/mac.ts';
import { type FindingId, kinds, type Severity, severities } from './kinds.ts';

/** Something that was found, and what to do about it. Texts are sentences for administrators; parts may come from the network. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  readonly device?: Mac;
  /** Of a client, or of what was asked. */
  readonly address?: string;
  readonly seen: string;
  readonly means: string;
  readonly fix: string;
  /** When it was last seen, milliseconds since 1970. */
  readonly at?: number;
  readonly count: number;
}

/** What a rule says; the rest is known of its kind. */
export type Seen = Pick<Finding, 'seen' | 'fix' | 'device' | 'address'> & {
  readonly severity?: Severity;
  /** How often, where that is not the number of fetches. */
  readonly count?: number;
};

export type Found = Omit<Finding, 'means' | 'count'> & { readonly count?: number };

export const finding = ({ count = 1, ...found }: Found): Finding => ({ ...found, means: kinds[found.id], count });

/** Whether somebody must do something. */
export const needsPerson = ({ severity }: Pick<Finding, 'severity'>): boolean => severity !== 'note';

/** Worst first; among equals those of one kind together, the last seen first. */
export function worstFirst(findings: Iterable<Finding>): Finding[] {
  const order = Object.keys(kinds);
  const rank = ({ severity }: Finding) => severities.indexOf(severity);
  return [...findings].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      order.indexOf(one.id) - order.indexOf(other.id) ||
      (other.at ?? 0) - (one.at ?? 0) ||
      keyOf(one).localeCompare(keyOf(other)),
  );
}

const keyOf = ({ device, address, seen }: Finding): string => [device, address, seen].join(' ');

/** Text of strangers with whatever could steer a terminal written as \uXXXX: control, format and separator characters. */
export const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      [...Array(character.length).keys()]
        .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
        .join(''),
    );

/** On one line: who, what was seen, what to do. */
export function lineOf({ id, severity, device, address, seen, fix, count }: Finding): string {
  const who = device === undefined ? address : formatMac(device);
  const often = count > 1 ? ` (${count} times)` : '';
  return plain(`${severity} ${id}: ${who === undefined ? '' : `${who} `}${seen}${often}; ${fix}`);
}

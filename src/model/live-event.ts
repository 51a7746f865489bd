import type { Mac } from './mac.ts';

/** What may be told as it happens. The first four are those that scripts of a former system know. */
export const eventTypes = [
  'phone.registered',
  'phone.unregistered',
  'phone.status_changed',
  'phone.config_changed',
  'build.finished',
  'fetch.finished',
  'notify.finished',
  'rollout.began',
  'rollout.stopped',
  'rollout.released',
  'rollout.ended',
] as const;
export type EventType = (typeof eventTypes)[number];

/** Something that happened, as it is told. No secret is in it. */
export interface LiveEvent {
  /** Later events have higher ones, over restarts too; not each number is given. */
  readonly id: number;
  readonly event: EventType;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Whom it concerns: a MAC as people write it. */
  readonly device?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Whose and which events are wanted; all of them when nothing is said. */
export interface EventFilter {
  readonly types?: ReadonlySet<EventType>;
  readonly device?: Mac;
}

/** What a filter says in words that nobody knows. */
export interface UnknownWords {
  readonly unknown: readonly string[];
}

/** `phone` is all that begins with `phone.`; each word is a type, or such a beginning, or `*`. */
export function typesOf(words: readonly string[]): ReadonlySet<EventType> | UnknownWords {
  const found = new Set<EventType>();
  const unknown: string[] = [];
  for (const word of words) {
    const fitting = eventTypes.filter((type) => word === '*' || type === word || type.startsWith(`${word}.`));
    if (fitting.length === 0) unknown.push(word);
    for (const type of fitting) found.add(type);
  }
  return unknown.length > 0 ? { unknown } : found;
}

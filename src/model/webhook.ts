import type { EventType } from './live-event.ts';
import type { RawSecret } from './raw-secret.ts';
import type { RegistryTls } from './registry-source.ts';
import type { Secret } from './secret.ts';

/** Somebody else's address that is told of events: an entry of `webhooks:`. */
export interface RawWebhook {
  readonly url: string;
  /** As logs and metrics call it, and what its place among the events is kept by; the host of the URL when absent. */
  readonly name?: string;
  readonly secret: RawSecret;
  /** Types, or what they begin with. */
  readonly events?: readonly string[];
  readonly tls?: RegistryTls;
  /** Seconds for one answer. */
  readonly timeout?: number;
  readonly give_up_days?: number;
}

/** The same with its defaults. Times in milliseconds. */
export interface Webhook {
  readonly name: string;
  readonly url: string;
  readonly secret: Secret;
  readonly types: ReadonlySet<EventType>;
  /** `ca`: authorities in PEM that are trusted in place of the system's. */
  readonly tls?: RegistryTls;
  readonly timeout: number;
  /** How long after it happened an event is tried for. */
  readonly giveUp: number;
}

/** Whether nothing has to be begun anew. */
export function isSameWebhook(one: Webhook, other: Webhook): boolean {
  const plain = ({ secret: _, types, ...rest }: Webhook) => JSON.stringify([rest, [...types].sort()]);
  return one.secret.equals(other.secret) && plain(one) === plain(other);
}

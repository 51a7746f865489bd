import type { Transport } from '../model/device.ts';
import type { NotifyEvent } from '../model/vendor.ts';
import type { Address } from '../sip/notify-request.ts';
import type { Verdict } from './verdict.ts';

/** Where a request goes next. */
export interface Hop extends Address {
  /** UDP when it is absent. */
  readonly transport?: Transport;
  /** Over TLS: the name that the certificate must be for; without it any certificate will do, since phones have their own. */
  readonly name?: string;
}

/** One way to a device; of several the next is tried when one did not reach it. */
export type Way =
  | {
      readonly kind: 'sip';
      /** As people know it: `direct`, `proxy`. */
      readonly name: string;
      readonly hop: Hop;
      /** The Request-URI; made of the user and the hop when it is absent. */
      readonly uri?: string;
      /** The hop is a proxy on the way to the URI: it is named in a Route. */
      readonly isProxy?: boolean;
    }
  | {
      readonly kind: 'hand';
      readonly name: string;
      /** Where the device is, for the pace and the fact. */
      readonly target: Address;
      /** Has somebody else send it; never rejects. */
      readonly hand: (event: NotifyEvent) => Promise<Verdict>;
    }
  | { readonly kind: 'none'; readonly name: string; readonly reason: string };

/** Taken by the device, or by whoever answers for it. */
export const isReached = ({ outcome, status = 0 }: Verdict): boolean =>
  outcome === 'handed' || (outcome === 'answered' && status >= 200 && status < 300);

const ranks: readonly Verdict['outcome'][] = ['handed', 'answered', 'silent', 'unreachable'];

export interface Tried {
  readonly way: Way;
  readonly verdict: Verdict;
}

/** The one that says most, with what the others came to; `tried` has one at least. */
export function sumUp(tried: readonly Tried[]): Tried {
  const last = tried.at(-1) as Tried;
  const best = isReached(last.verdict)
    ? last
    : tried.toSorted((a, b) => ranks.indexOf(a.verdict.outcome) - ranks.indexOf(b.verdict.outcome))[0]!;
  if (tried.length === 1) return best;
  const words = tried.filter(({ verdict }) => verdict.reason !== undefined);
  const reason = words.map(({ way, verdict }) => `${way.name}: ${verdict.reason}`).join('; ');
  return { way: best.way, verdict: { ...best.verdict, reason: reason === '' ? undefined : reason } };
}

import rateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiLimits } from '../model/api.ts';
import { parseAddress } from '../model/cidr.ts';
import type { App } from './app.ts';
import { Fault } from './fault.ts';

/** How often somebody may ask. Each tells where he stands by headers, and throws a Fault of 429 when it was too often. */
export interface Limits {
  ofAddress(request: FastifyRequest, reply: FastifyReply, limits: ApiLimits | undefined): Promise<void>;
  ofCaller(request: FastifyRequest, reply: FastifyReply, limits: ApiLimits | undefined): Promise<void>;
}

const minute = 60_000;
const hour = 3_600_000;

interface Standing {
  readonly name: 'address' | 'caller';
  readonly max: number;
  /** Milliseconds. */
  readonly window: number;
  readonly left: number;
  /** Seconds until the window begins anew. */
  readonly resets: number;
}

/** Counts are of this process and of memory: a restart forgets them. */
export async function createLimits(app: App): Promise<Limits> {
  await app.register(rateLimit, { global: false });
  const most = new WeakMap<FastifyRequest, ApiLimits>();
  const max = (word: keyof ApiLimits) => (request: FastifyRequest) => most.get(request)?.[word] ?? 0;
  const byAddress = app.createRateLimit({
    ...{ timeWindow: minute, max: max('per_minute') },
    keyGenerator: ({ client }) => networkOf(client.address),
  });
  const byCaller = app.createRateLimit({
    ...{ timeWindow: hour, max: max('per_hour') },
    keyGenerator: ({ caller }) => caller.name,
  });
  const standings = new WeakMap<FastifyRequest, readonly Standing[]>();

  function tell(request: FastifyRequest, reply: FastifyReply, standing: Standing): void {
    const all = [...(standings.get(request) ?? []), standing];
    standings.set(request, all);
    void reply.headers(headersOf(all));
  }

  const check = async (
    [request, reply]: readonly [FastifyRequest, FastifyReply],
    limits: ApiLimits | undefined,
    { count, name }: { readonly count: typeof byAddress; readonly name: Standing['name'] },
  ): Promise<void> => {
    if (!limits) return;
    most.set(request, limits);
    const found = await count(request);
    if (found.isAllowed) return;
    const { max: of, timeWindow: window, remaining: left, ttlInSeconds: resets } = found;
    tell(request, reply, { name, max: of, window, left, resets });
    if (!found.isExceeded) return;
    const whose =
      name === 'address'
        ? `this address has asked more than ${of} times in a minute`
        : `more than ${of} requests in an hour`;
    throw new Fault(429, 'too-many-requests', `${whose}; wanted ${resets} s of patience`, {
      headers: { 'retry-after': String(resets) },
    });
  };

  return {
    ofAddress: (request, reply, limits) => check([request, reply], limits, { count: byAddress, name: 'address' }),
    ofCaller: (request, reply, limits) => check([request, reply], limits, { count: byCaller, name: 'caller' }),
  };
}

/** Somebody has a whole /64 of IPv6 (RFC 6177). */
function networkOf(text: string): string {
  const address = parseAddress(text);
  return address?.family === 6 ? `${(address.value >> 64n).toString(16)}::/64` : text;
}

/**
 * `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10, and the three headers of its draft 6, which
 * more programs read, for the limit that is nearer.
 */
function headersOf(standings: readonly Standing[]): Record<string, string> {
  const nearest = standings.reduce((one, other) => (other.left < one.left ? other : one));
  return {
    'ratelimit-policy': standings.map(({ name, max, window }) => `"${name}";q=${max};w=${window / 1000}`).join(', '),
    ratelimit: standings.map(({ name, left, resets }) => `"${name}";r=${left};t=${resets}`).join(', '),
    'ratelimit-limit': String(nearest.max),
    'ratelimit-remaining': String(nearest.left),
    'ratelimit-reset': String(nearest.resets),
  };
}

import type { FetchFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import { mayBePhone, rule } from './rule.ts';

const hour = 3_600_000;
const mostInAnHour = 40;

interface Times {
  readonly device?: Mac;
  readonly address?: string;
  /** The last so many, milliseconds since 1970. */
  readonly times: readonly number[];
}

/** 40 fetches of a device in an hour. */
export const bootLoop = rule<Times>({
  id: 'boot-loop',
  severity: 'error',
  group(fact, { devices }) {
    const { device } = fact;
    return device !== undefined && devices.has(device) && mayBePhone(fact) ? device : undefined;
  },
  begin: () => ({ times: [] }),
  add: ({ times }, { device, address, at }) => ({ device, address, times: [...times, at].slice(-mostInAnHour) }),
  look({ device, address, times }) {
    const [first = 0] = times;
    if (times.length < mostInAnHour || Math.abs((times.at(-1) ?? 0) - first) > hour) return undefined;
    return {
      ...{ device, address },
      seen: `fetched ${mostInAnHour} times in an hour`,
      fix: 'look at its display: where it reboots, check its power (PoE class), its firmware, and what changed last (`offhook history`); where it stays up, how often it is told to ask (`refresh`)',
    };
  },
});

interface Addresses {
  readonly last?: FetchFact;
  readonly before?: string;
  /** How often it came back to the address before the last. */
  readonly returns: number;
}

const fewestReturns = 3;

/** One MAC from two addresses by turns; a phone that moved does not come back. */
export const twoAddresses = rule<Addresses>({
  id: 'two-addresses',
  severity: 'warning',
  group: (fact) => (fact.status < 400 && fact.method !== 'HEAD' && mayBePhone(fact) ? fact.device : undefined),
  begin: () => ({ returns: 0 }),
  add({ last, before, returns }, fact) {
    if (last === undefined || last.address === fact.address) return { last: fact, before, returns };
    return { last: fact, before: last.address, returns: before === fact.address ? returns + 1 : returns };
  },
  look({ last, before, returns }) {
    if (!last || before === undefined || returns < fewestReturns) return undefined;
    return {
      device: last.device,
      address: last.address,
      count: returns,
      seen: `asks from ${last.address} and from ${before} by turns`,
      fix: 'look who asks from both (`offhook fetches --device`): a second phone with this MAC, a copy of its settings, or one phone behind two routers',
    };
  },
});

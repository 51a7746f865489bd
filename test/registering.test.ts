import { expect, test } from 'vitest';
import { createArrivals } from '../src/arrivals.ts';
import type { Device } from '../src/model/device.ts';
import type { PhoneFact, ReturnFact } from '../src/model/fact.ts';
import type { Mac } from '../src/model/mac.ts';
import { createRegistering } from '../src/registering.ts';
import { toRegistration } from '../src/registry/registration.ts';
import { createView } from '../src/registry/view.ts';
import { createConvergence } from '../src/state/convergence.ts';
import { ada, fetchOf } from './state/facts.ts';

/** A PBX that lists registrations, and a phone of extension 1001 that is meant to have r1 since 1000. */
function start() {
  let now = 1000;
  const device = { mac: ada, lines: [{ extension: '1001' }] } as unknown as Device;
  const current = {
    device: (mac: Mac) => (mac === ada ? device : undefined),
    build: () => ({ site: { devices: [device] } }) as never,
  };
  const convergence = createConvergence();
  convergence.add.revisions([{ at: 1000, device: ada, revision: 'r1', files: '[["{mac}.cfg"]]' }]);
  const returns: ReturnFact[] = [];
  const phones: PhoneFact[] = [];
  const journal = {
    add: { phones: async (facts: readonly PhoneFact[]) => void phones.push(...facts) } as never,
    registered: () => [],
  };
  const { comings } = createRegistering({
    arrivals: createArrivals({ journal, current, now: () => now }),
    ...{ current, convergence, record: (fact) => void returns.push(fact), now: () => now },
  });
  const view = createView(undefined, () => now, comings);
  const of = (expires: number | undefined, host = '192.0.2.7') =>
    toRegistration({ extension: '1001', contact: `sip:1001@${host}:5060`, at: now, expires }, 'pbx')!;
  return {
    returns,
    list: (at: number, expires: number, host?: string) => {
      now = at;
      view.snapshot('pbx', [of(expires, host)]);
    },
    event(at: number, expires?: number, host?: string) {
      now = at;
      view.put(of(expires, host));
    },
    fetch: (at: number) => convergence.add.fetch(fetchOf({ at, device: ada, file: `${ada}.cfg`, revision: 'r1' })),
    state: () => convergence.stateOf(ada, now),
  };
}

test('an old registration that is listed after the fetch does not count, one that is renewed does, once', () => {
  const { list, fetch, returns, state } = start();
  list(2000, 100_000);
  fetch(3000);
  list(4000, 100_000);
  // Counted from the seconds that are left: not quite the same each time.
  list(5000, 101_000);
  expect([returns, state()?.registered]).toEqual([[], undefined]);
  list(60_000, 158_000);
  expect(returns).toEqual([{ at: 60_000, device: ada, revision: 'r1' }]);
  list(120_000, 218_000);
  expect([returns.length, state()?.registered]).toEqual([1, 60_000]);
});

test('the first listing after a start tells nothing, a contact that is new after it does', () => {
  const { list, fetch, event, returns } = start();
  fetch(2000);
  list(3000, 100_000);
  event(4000);
  expect(returns).toEqual([]);
  event(5000, undefined, '192.0.2.8');
  expect(returns).toMatchObject([{ at: 5000 }]);
});

test('before it has fetched all of it, and of another revision, it does not count', () => {
  const { list, fetch, event, returns, state } = start();
  list(2000, 100_000);
  event(3000, 200_000);
  fetch(4000);
  expect([returns, state()?.registered]).toEqual([[], undefined]);
  event(5000, 300_000);
  expect(state()?.registered).toBe(5000);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FetchFact } from '../../src/model/fact.ts';
import type { Mac } from '../../src/model/mac.ts';
import { openJournal } from '../../src/state/journal.ts';
import { createSightings, type Sighting, see, visitsOf } from '../../src/state/sightings.ts';
import { ada, bob, fetchOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const fold = (facts: readonly FetchFact[]) => facts.reduce<Sighting | undefined>(see, undefined);

test('the last fetch gives the address, the last named one the user agent, model and firmware', () => {
  const facts = [
    fetchOf({ at: 10, device: ada, address: '127.0.0.2', user_agent: 'Phone T1 1.0', model: 'T1', firmware: '1.0' }),
    fetchOf({ at: 20, device: ada, address: '127.0.0.3', protocol: 'tftp' }),
  ];
  expect(fold(facts)).toEqual({
    device: ada,
    address: '127.0.0.3',
    protocol: 'tftp',
    user_agent: 'Phone T1 1.0',
    model: 'T1',
    firmware: '1.0',
    user_agent_at: 10,
    user_agent_address: '127.0.0.2',
    phone: { address: '127.0.0.2', at: 10, user_agent: 'Phone T1 1.0' },
    first_seen: 10,
    last_seen: 20,
  });
});

test('visits are the last fetch, the last named one, and the last by what a vendor knows', () => {
  const known = { user_agent: 'Phone T1 1.0', model: 'T1' };
  const sighting = fold([
    fetchOf({ at: 10, device: ada, address: '127.0.0.2', ...known }),
    fetchOf({ at: 20, device: ada, address: '127.0.0.3', user_agent: 'curl/8' }),
    fetchOf({ at: 30, device: ada, address: '127.0.0.4', protocol: 'tftp' }),
  ]);
  expect(sighting && visitsOf(sighting)).toEqual([
    { address: '127.0.0.4', at: 30 },
    { address: '127.0.0.3', at: 20, user_agent: 'curl/8' },
    { address: '127.0.0.2', at: 10, user_agent: 'Phone T1 1.0' },
  ]);
});

test('a long transfer that is told late does not take the device back to where it was', () => {
  const facts = [
    fetchOf({ at: 20, device: ada, address: '127.0.0.3' }),
    fetchOf({ at: 10, device: ada, address: '127.0.0.2', user_agent: 'Phone' }),
  ];
  expect(fold(facts)).toMatchObject({ address: '127.0.0.3', user_agent: 'Phone', first_seen: 10, last_seen: 20 });
});

test('a new user agent does not keep the firmware of the one before', () => {
  const facts = [
    fetchOf({ at: 10, device: ada, user_agent: 'Phone T1 1.0', model: 'T1', firmware: '1.0' }),
    fetchOf({ at: 20, device: ada, user_agent: 'Loader' }),
  ];
  expect(fold(facts)).toMatchObject({ user_agent: 'Loader', model: undefined, firmware: undefined });
});

test('the revision is that of the last fetch that ended well', () => {
  const facts = [
    fetchOf({ at: 10, device: ada, revision: 'r1' }),
    fetchOf({ at: 20, device: ada, revision: 'r2', complete: false }),
    fetchOf({ at: 30, device: ada, status: 404 }),
  ];
  expect(fold(facts)).toMatchObject({ revision: 'r1', revision_at: 10, last_seen: 30 });
  expect(fold([...facts, fetchOf({ at: 40, device: ada, status: 304, revision: 'r2' })])?.revision).toBe('r2');
});

test('an answer to nobody known, and a refusal of the one who asks, say nothing', () => {
  expect(
    fold([fetchOf(), fetchOf({ device: ada, status: 401 }), fetchOf({ device: ada, status: 403 })]),
  ).toBeUndefined();
  expect(fold([fetchOf({ device: ada, status: 404 })])).toMatchObject({ device: ada });
});

const anyFetch: fc.Arbitrary<FetchFact> = fc
  .record({
    at: fc.nat(1000),
    device: fc.constantFrom(ada, bob, undefined),
    address: fc.constantFrom('127.0.0.2', '127.0.0.3', '127.0.0.4'),
    status: fc.constantFrom(200, 304, 403, 404),
    user_agent: fc.constantFrom(undefined, 'Phone 1', 'Phone 2'),
    revision: fc.constantFrom(undefined, 'r1', 'r2'),
    complete: fc.boolean(),
  })
  .map((fact) => fetchOf({ ...fact, firmware: fact.user_agent?.slice(-1) }));
const distinct = { selector: ({ at }: FetchFact) => at, maxLength: 30 };

test('the order of telling does not matter', () => {
  const shuffled = fc
    .uniqueArray(anyFetch, distinct)
    .chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })));
  fc.assert(
    fc.property(shuffled, ([facts, others]) => {
      expect(sorted(others)).toEqual(sorted(facts));
    }),
  );
});

const sorted = (facts: readonly FetchFact[]) =>
  createSightings(facts)
    .all()
    .sort((a, b) => (a.device < b.device ? -1 : 1));

test('what the journal has seen folds to the same sightings as every fetch', () => {
  const { log } = linesLog();
  fc.assert(
    fc.property(fc.uniqueArray(anyFetch, distinct), (facts) => {
      const journal = openJournal({ folder: stateFolder(), log });
      for (const fact of facts) journal.add.fetch(fact);
      const seen = journal.seen();
      journal.close();
      expect(sorted(seen)).toEqual(sorted(facts));
    }),
    { numRuns: 15 },
  );
});

test('goes on with each fetch, and stays within its bound', () => {
  const sightings = createSightings([fetchOf({ device: ada })], 2);
  sightings.add(fetchOf({ device: bob }));
  sightings.add(fetchOf({ device: 'aaaaaaaaaaaa' as Mac }));
  sightings.add(fetchOf({ device: ada, at: 2000, address: '127.0.0.9' }));
  expect(sightings.all().map(({ device }) => device)).toEqual([ada, bob]);
  expect(sightings.of(ada)).toMatchObject({ address: '127.0.0.9', first_seen: 1000 });
  expect(sightings.of('aaaaaaaaaaaa' as Mac)).toBeUndefined();
});

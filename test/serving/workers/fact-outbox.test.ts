import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { FetchFact } from '../../../src/model/fact.ts';
import { createFactOutbox, type FactOutboxOptions } from '../../../src/serving/workers/fact-outbox.ts';
import { type PackedFacts, unpackFacts } from '../../../src/serving/workers/packed-facts.ts';
import { fetchOf, fullFetch } from '../../state/facts.ts';

function begin(options: Partial<FactOutboxOptions> = {}) {
  const sent: PackedFacts[] = [];
  return { sent, outbox: createFactOutbox({ send: (facts) => sent.push(structuredClone(facts)), ...options }) };
}
const defined = (fact: FetchFact) => JSON.parse(JSON.stringify(fact));

test('facts arrive as they were, together, a moment later', async () => {
  const { sent, outbox } = begin({ gatherMs: 20 });
  const facts = [fullFetch, fetchOf({ status: 404, complete: false }), fetchOf({ path: 'ö\u0000' })];
  for (const fact of facts) outbox.add(fact);
  expect(sent).toEqual([]);
  await wait(60);
  expect(sent.map(({ count, lost }) => [count, lost])).toEqual([[3, 0]]);
  expect(unpackFacts(sent[0]!).map(defined)).toEqual(facts.map(defined));
});

test('many are sent before the moment is over, and what waits when it is asked for', () => {
  const { sent, outbox } = begin({ most: 2 });
  for (let at = 0; at < 5; at++) outbox.add(fetchOf({ at }));
  expect(sent.map(({ count }) => count)).toEqual([2, 2]);
  outbox.flush();
  outbox.flush();
  expect(sent.flatMap(unpackFacts).map(({ at }) => at)).toEqual([0, 1, 2, 3, 4]);
});

test('facts that nobody takes are dropped beyond a bound, and their number is told with the next that is sent', () => {
  const { sent, outbox } = begin({ most: 2, bound: 4 });
  for (let at = 0; at < 10; at++) outbox.add(fetchOf({ at }));
  expect(sent.flatMap(unpackFacts).map(({ at }) => at)).toEqual([0, 1, 2, 3]);
  outbox.taken(4);
  outbox.add(fetchOf({ at: 10 }));
  outbox.flush();
  expect(sent.at(-1)).toMatchObject({ count: 1, lost: 6 });
});

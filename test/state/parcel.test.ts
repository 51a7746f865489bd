import { expect, test } from 'vitest';
import type { Rows } from '../../src/state/journal-messages.ts';
import { widthOf } from '../../src/state/journal-schema.ts';
import { createParcel } from '../../src/state/parcel.ts';
import { fetchOf, notifyOf } from './facts.ts';

function open(options: { most?: number; gatherMs?: number } = {}) {
  const sent: Rows[] = [];
  const parcel = createParcel({ send: (rows) => sent.push(rows), gatherMs: 1, ...options });
  return { parcel, sent, counts: () => sent.map(({ table, count }) => `${table} ${count}`) };
}

test('rows that come one by one are sent together, after a moment', async () => {
  const { parcel, sent, counts } = open();
  for (const at of [1, 2, 3]) parcel.add('fetches', [fetchOf({ at })]);
  expect([counts(), parcel.count]).toEqual([[], 3]);
  await expect.poll(counts).toEqual(['fetches 3']);
  expect(sent[0]!.values).toHaveLength(3 * widthOf('fetches'));
  expect(parcel.count).toBe(0);
});

test('rows are sent at once when they are many, or when it is asked for', () => {
  const { parcel, counts } = open({ most: 4, gatherMs: 10_000 });
  parcel.add('fetches', [fetchOf(), fetchOf(), fetchOf(), fetchOf(), fetchOf()]);
  expect(counts()).toEqual(['fetches 5']);
  parcel.flush();
  parcel.add('fetches', [fetchOf()]);
  parcel.flush();
  expect(counts()).toEqual(['fetches 5', 'fetches 1']);
});

test('rows of another table go after those that came before them', () => {
  const { parcel, counts } = open();
  parcel.add('fetches', [fetchOf()]);
  parcel.add('notifies', [notifyOf()]);
  parcel.add('fetches', [fetchOf()]);
  parcel.flush();
  expect(counts()).toEqual(['fetches 1', 'notifies 1', 'fetches 1']);
});

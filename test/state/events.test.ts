import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PhoneFact } from '../../src/model/fact.ts';
import type { EventTable } from '../../src/state/events-query.ts';
import { type Journal, openJournal, readJournal } from '../../src/state/journal.ts';
import { ada, bob, buildOf, fetchOf, notifyOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

function opened(folder = stateFolder(), options = {}) {
  const { log } = linesLog();
  const journal = openJournal({ folder, log, ...options });
  onTestFinished(journal.close);
  return { folder, journal };
}

const every: EventTable[] = ['builds', 'fetches', 'notifies', 'revisions', 'phones', 'rollouts'];

function all({ events, eventRange }: Pick<Journal, 'events' | 'eventRange'>, after = 0, sources: EventTable[] = every) {
  const found: (readonly [number, string, unknown])[] = [];
  for (let next = after; next < eventRange().last; ) {
    const page = events({ after: next, sources, limit: 3 });
    found.push(...page.events.map(({ id, source, fact }) => [id, source, fact] as const));
    next = page.next;
  }
  return found;
}

const registered = (fact: Partial<PhoneFact> = {}): PhoneFact => ({
  ...{ at: 1000, kind: 'registered', source: 'pbx', extension: '1001', contact: 'sip:1001@192.0.2.7' },
  ...{ address: '192.0.2.7', ...fact },
});

test('what is written down in several tables has one order, the order of its writing', () => {
  const { journal } = opened();
  journal.add.build(buildOf({ at: 5000 }));
  journal.add.fetch(fetchOf({ at: 4000, device: ada }));
  journal.add.notify(notifyOf({ at: 3000 }));
  journal.add.revision({ at: 2000, device: ada, revision: 'r1' });
  journal.add.phone(registered({ at: 1000 }));
  journal.add.fetch(fetchOf({ at: 500, device: bob }));
  const told = all(journal);
  expect(told.map(([, source]) => source)).toEqual([
    ...['builds', 'fetches', 'notifies', 'revisions', 'phones', 'fetches'],
  ]);
  expect(told.map(([, , fact]) => fact)).toMatchObject([
    ...[{ at: 5000 }, { at: 4000 }, { at: 3000 }, { at: 2000 }, { at: 1000 }, { at: 500 }],
  ]);
  const ids = told.map(([id]) => id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(new Set(ids).size).toBe(6);
});

test('who reads on from any event misses none and is told none twice, over a restart too', () => {
  const { folder, journal } = opened();
  for (let at = 1; at <= 20; at++) journal.add.fetch(fetchOf({ at }));
  const before = all(journal);
  journal.close();
  const { journal: again } = opened(folder);
  again.add.build(buildOf());
  again.flush();
  const whole = all(again);
  expect(whole).toHaveLength(21);
  expect(whole.slice(0, 20)).toEqual(before);
  for (const [index, [id]] of whole.entries()) expect(all(again, id)).toEqual(whole.slice(index + 1));
});

test('the events of a new journal have higher numbers than those of the one that was lost', () => {
  const { folder, journal } = opened();
  for (let at = 1; at <= 50; at++) journal.add.fetch(fetchOf({ at }));
  const { last } = journal.eventRange();
  journal.close();
  rmSync(join(folder, 'journal.db'));
  const { journal: again } = opened(folder);
  again.add.fetch(fetchOf());
  expect(all(again)[0]?.[0]).toBeGreaterThan(last);
});

test('what is rare is found among much else, page by page', () => {
  const { journal } = opened(undefined, { mostWaiting: 100_000 });
  journal.add.build(buildOf({ at: 1 }));
  for (let at = 1; at <= 45_000; at++) journal.add.fetch(fetchOf({ at }));
  journal.add.build(buildOf({ at: 2 }));
  expect(all(journal, 0, ['builds']).map(([, , fact]) => (fact as { at: number }).at)).toEqual([1, 2]);
});

test('what was not there before is an event; a revision that is told once more is none', () => {
  const { journal } = opened();
  const revision = { device: ada, revision: 'r1', files: '[]' };
  journal.add.revision({ ...revision, at: 0 });
  journal.add.revision({ ...revision, at: 1000, revision: 'r2' });
  journal.add.revision({ ...revision, at: 1001, revision: 'r2', files: '[["a"]]' });
  journal.add.revision({ at: 2000, device: ada });
  expect(all(journal).map(([, , fact]) => fact)).toMatchObject([{ at: 1000 }, { at: 2000 }]);
});

test('the first state of a device that is known is no event, and is remembered', () => {
  const { journal } = opened();
  journal.add.phone({ at: 1, kind: 'status', device: ada, state: 'pending' });
  journal.add.phone({ at: 2, kind: 'status', device: ada, state: 'current', before: 'pending' });
  expect(all(journal).map(([, , fact]) => fact)).toMatchObject([{ at: 2, state: 'current' }]);
  expect(journal.stood()).toEqual([[ada, 'current']]);
});

test('remembers who is registered', () => {
  const { folder, journal } = opened();
  journal.add.phone(registered());
  journal.add.phone(registered({ extension: '1002', device: bob }));
  journal.add.phone(registered({ address: '192.0.2.8' }));
  journal.add.phone(registered({ kind: 'unregistered', extension: '1002' }));
  journal.flush();
  const reader = readJournal({ folder })!;
  onTestFinished(reader.close);
  const { at: _, kind: __, ...rest } = registered({ address: '192.0.2.8' });
  expect(reader.registered()).toEqual([rest]);
});

test('events go with age, and who reads on from before is told from where there are some', () => {
  const day = 86_400_000;
  const { journal } = opened(undefined, { keepDays: 1, now: () => 40 * day });
  for (let at = 1; at <= 2000; at++) journal.add.fetch(fetchOf({ at }));
  journal.add.fetch(fetchOf({ at: 40 * day }));
  const { first } = journal.eventRange();
  while (journal.prune());
  expect(journal.eventRange().first).toBe(first + 2000);
  expect(all(journal, first)).toHaveLength(1);
});

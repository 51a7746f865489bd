import { expect, test } from 'vitest';
import { needsPerson } from '../../src/findings/finding.ts';
import { standingFindings } from '../../src/findings/standing.ts';
import type { Mac } from '../../src/model/mac.ts';

const now = 1_700_000_000_000;
const device = (state: string, minutes: number) => ({
  mac: '001565123456' as Mac,
  ...{ state, reason: 'because', built: now - minutes * 60_000 },
});
const found = (state: string, minutes = 600) =>
  standingFindings([device(state, minutes)], now).map(({ id, severity }) => `${severity} ${id}`);

test('a phone that has not asked since the last change needs a person, when it had its time', () => {
  expect(found('current')).toEqual([]);
  expect(found('pending', 5)).toEqual([]);
  expect(found('fetching')).toEqual([]);
  expect(found('notified', 5)).toEqual([]);
  expect(found('pending')).toEqual(['warning not-asked-since']);
  expect(found('stuck', 5)).toEqual(['warning not-asked-since']);
  expect(found('unreachable', 5)).toEqual(['warning not-asked-since']);
  expect(found('stale')).toEqual(['error old-files']);
});

test('a phone that never came needs nobody yet', () => {
  const [never] = standingFindings([device('unseen', 5)], now);
  expect(never).toMatchObject({ id: 'never-asked', seen: 'because' });
  expect(never && needsPerson(never)).toBe(false);
});

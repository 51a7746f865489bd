import { expect, test } from 'vitest';
import type { Mac } from '../../../src/model/mac.ts';
import type { IndexedFile } from '../../../src/serving/file-index.ts';
import type { IndexChanges } from '../../../src/serving/workers/messages.ts';
import { createRevisions } from '../../../src/serving/workers/revisions.ts';

const [ada, bob] = ['001565123456', '0004f2abcdef'] as [Mac, Mac];
const fileOf = (audience: IndexedFile['audience']): IndexedFile => ({ path: 'a', size: 1, hash: '', audience });
const changes = (...audiences: readonly IndexedFile['audience'][]): IndexChanges => ({
  put: audiences.map((audience, index) => [`${index}`, fileOf(audience)]),
  removed: [],
});
const begin = () => {
  const revisions = createRevisions((mac) => `now of ${mac}`);
  revisions.changed(1);
  return revisions;
};

test('bytes of the index as it is are of the revision of now, those from before a change are not', () => {
  const revisions = begin();
  expect(revisions.of(ada, 1)).toBe(`now of ${ada}`);
  revisions.changed(2, changes({ mac: ada }));
  expect([revisions.of(ada, 1), revisions.of(ada, 2)]).toEqual([undefined, `now of ${ada}`]);
});

test('a device whose files did not change has the same revision still', () => {
  const revisions = begin();
  revisions.changed(2, changes({ mac: ada }));
  revisions.changed(3, changes({ mac: ada }));
  expect([revisions.of(bob, 1), revisions.of(ada, 2)]).toEqual([`now of ${bob}`, undefined]);
});

test('a file that devices share, one that is gone, or changes that nobody knows may be of any device', () => {
  for (const unknown of [changes({ mac: ada }, { vendor: 'acme' }), { put: [], removed: ['a'] }, undefined]) {
    const revisions = begin();
    revisions.changed(2, unknown);
    expect([revisions.of(bob, 1), revisions.of(bob, 2)]).toEqual([undefined, `now of ${bob}`]);
  }
});

test('of very many devices it is not remembered which of them changed', () => {
  const revisions = begin();
  const macs = Array.from({ length: 10_001 }, (_, index) => index.toString(16).padStart(12, '0') as Mac);
  revisions.changed(2, changes(...macs.map((mac) => ({ mac }))));
  expect([revisions.of(bob, 1), revisions.of(bob, 2)]).toEqual([undefined, `now of ${bob}`]);
});

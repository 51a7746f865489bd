import { expect, test } from 'vitest';
import type { IndexedFile } from '../../../src/serving/file-index.ts';
import { createIndexFeed } from '../../../src/serving/workers/index-feed.ts';
import { createLayeredIndex, type LayeredIndex } from '../../../src/serving/workers/layered-index.ts';
import type { IndexChanges, ToWorker } from '../../../src/serving/workers/messages.ts';

const file = (path: string, version = 1): IndexedFile => ({
  path,
  size: version,
  hash: version.toString(16).padStart(64, '0'),
  audience: { vendor: 'acme' },
});
const put = (...files: readonly IndexedFile[]): IndexChanges => ({
  put: files.map((each) => [each.path.toLowerCase(), each]),
  removed: [],
});

/** An index in the main thread, one that follows it, and one that begins anew from what a new worker is told. */
function begin() {
  const index = new Map<string, IndexedFile>();
  const feed = createIndexFeed();
  const following = createLayeredIndex();
  const kinds: string[] = [];
  return {
    index,
    kinds,
    following,
    begun: () => hear(createLayeredIndex(), ...feed.greeting()),
    async update(changes?: IndexChanges) {
      for (const [name, each] of changes?.put ?? []) index.set(name, each);
      for (const name of changes?.removed ?? []) index.delete(name);
      const message = await feed.update(index, changes);
      kinds.push(message.kind);
      hear(following, structuredClone(message));
    },
  };
}

function hear(index: LayeredIndex, ...messages: readonly ToWorker[]): LayeredIndex {
  for (const message of messages) {
    if (message.kind === 'index') index.use(message.packed);
    if (message.kind === 'changes') index.change(message.changes);
  }
  return index;
}

test('a worker that begins before there is an index is told nothing', () => {
  expect(createIndexFeed().greeting()).toEqual([]);
});

test('the first time all is told, later what changed; who begins later knows the same', async () => {
  const { index, kinds, following, begun, update } = begin();
  for (const name of ['a', 'b', 'c']) index.set(name, file(name));
  await update();
  await update(put(file('a', 2), file('d')));
  await update({ put: [], removed: ['b', 'd'] });
  await update(put(file('d', 3)));
  expect(kinds).toEqual(['index', 'changes', 'changes', 'changes']);
  for (const known of [following, begun()])
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => known.get(name)?.size)).toEqual([2, undefined, 1, 3, undefined]);
});

test('changes whose extent is not known, or that are many, are told by all', async () => {
  const { kinds, following, begun, update, index } = begin();
  await update();
  index.set('a', file('a'));
  await update();
  await update(put(...Array.from({ length: 1500 }, (_, each) => file(`${each}.cfg`))));
  await update(put(...Array.from({ length: 1500 }, (_, each) => file(`${each}.cfg`, 2))));
  await update(put(file('0.cfg', 3)));
  expect(kinds).toEqual(['index', 'index', 'changes', 'index', 'changes']);
  for (const known of [following, begun()])
    expect(['a', '0.cfg', '1.cfg', '1499.cfg'].map((name) => known.get(name)?.size)).toEqual([1, 3, 2, 2]);
});

test('nobody is told where secrets stand', async () => {
  const { update, following, index } = begin();
  const secret = { ...file('a'), secrets: [{ start: 1, end: 2 }] };
  index.set('a', secret);
  await update();
  expect(following.get('a')).toEqual(file('a'));
  await update(put({ ...secret, size: 2 }));
  expect(following.get('a')).toEqual({ ...file('a'), size: 2 });
});

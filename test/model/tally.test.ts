import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTally } from '../../src/model/tally.ts';

test('a tally knows in each round whether a key stands twice, as one that begins anew does', () => {
  const keys = fc.array(fc.constantFrom(...'abcdefgh'), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(keys, { minLength: 1, maxLength: 6 }),
      fc.array(fc.array(fc.nat(5), { maxLength: 4 })),
      (lists, rounds) => {
        const tally = createTally((list: string[]) => list);
        for (const round of rounds) {
          const chosen = round.flatMap((index) => (lists[index] ? [lists[index]] : []));
          const all = chosen.flat();
          const sameListTwice = new Set(chosen).size < chosen.length;
          expect(tally(chosen)).toBe(sameListTwice || new Set(all).size < all.length);
        }
      },
    ),
  );
});

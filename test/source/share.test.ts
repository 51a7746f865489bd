import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { share } from '../../src/source/share.ts';

const idOf = (item: object): unknown => ('id' in item ? item.id : undefined);
const shared = (previous: unknown, next: unknown): unknown => share(previous, next, idOf);

/** Values as a devices.yml has them: maps, lists, texts, and lists of items with an identity. */
const value = fc.letrec<{ value: unknown; item: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', 'b', 1, true, undefined),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('item'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('value'), { noNullPrototype: true }),
  ),
  item: fc.record({ id: fc.constantFrom('x', 'y', 'z', 1), v: tie('value') }),
})).value;

describe('a shared value', () => {
  test('deep-equals the next one, and the previous one stays as it was', () => {
    fc.assert(
      fc.property(value, value, (previous, next) => {
        const [wanted, before] = [structuredClone(next), structuredClone(previous)];
        expect(shared(previous, next)).toEqual(wanted);
        expect(previous).toEqual(before);
      }),
    );
  });

  test('is the previous one itself when it says the same', () => {
    fc.assert(
      fc.property(value, (previous) => {
        expect(shared(previous, structuredClone(previous))).toBe(previous);
      }),
    );
  });

  test('has the previous objects wherever they say the same', () => {
    const previous = { a: { x: [1, 2] }, b: { y: 1 }, c: [{ z: 1 }, { z: 2 }] };
    const next = shared(previous, { a: { x: [1, 2] }, b: { y: 2 }, c: [{ z: 1 }, { z: 3 }, { z: 4 }] });
    expect(next).not.toBe(previous);
    expect(Object(next).a).toBe(previous.a);
    expect(Object(next).b).not.toBe(previous.b);
    expect(Object(next).c[0]).toBe(previous.c[0]);
  });

  test('keeps the items of a list by who they are, wherever they stand', () => {
    const items = ['p', 'q', 'r', 's'].map((id) => ({ id, keys: [{ v: id }] }));
    fc.assert(
      fc.property(fc.shuffledSubarray(items), fc.constantFrom('p', 'q', 'r', 's'), (order, changed) => {
        const next = structuredClone(order).map((item) => (item.id === changed ? { ...item, keys: [] } : item));
        const result = Object(shared(items, next));
        for (const [index, { id }] of order.entries()) {
          const before = items.find((item) => item.id === id);
          if (id === changed) expect(result[index]).not.toBe(before);
          else expect(result[index]).toBe(before);
        }
      }),
    );
  });

  test('keeps the others when an item is added in the middle, and the list itself when none is', () => {
    const items = ['p', 'q'].map((id) => ({ id }));
    const added = Object(shared(items, [{ id: 'p' }, { id: 'new' }, { id: 'q' }]));
    expect([added[0], added[2]]).toEqual(items);
    expect(added[0]).toBe(items[0]);
    expect(added[2]).toBe(items[1]);
    expect(shared(items, structuredClone(items))).toBe(items);
  });

  test('has no key that only the previous one had, in whatever order its own are', () => {
    const previous = { a: 1, b: 2 };
    expect(shared(previous, { a: 1 })).toEqual({ a: 1 });
    expect(shared(previous, { b: 2, a: 1 })).toBe(previous);
    expect(shared({ a: undefined }, { b: undefined })).toEqual({ b: undefined });
  });

  test('is not confused by an object that stands in two places', () => {
    const previous = { a: { x: { v: 1 } }, b: { x: { v: 1 } } };
    const before = structuredClone(previous);
    const one = { x: { v: 1 } };
    const next = Object(shared(previous, { a: one, b: one, c: one }));
    expect(next).toEqual({ ...before, c: before.a });
    expect(previous).toEqual(before);
    expect(next.a).toBe(previous.a);
  });
});

import { expect, test } from 'vitest';
import { createTable, type Entry } from '../../../src/serving/tftp/table.ts';

test('names the entry that is idle longest when the table is full', () => {
  const { table, add } = tableOf({ transfers: 3, perAddress: 3 });
  const [a, b] = [add('10.0.0.1', 1), add('10.0.0.2', 1)];
  expect(table.crowding('10.0.0.3')).toBeUndefined();
  add('10.0.0.3', 1);
  expect(table.crowding('10.0.0.4')).toEqual({ oldest: a, limit: '3 transfers in all' });
  table.touch(a);
  expect(table.crowding('10.0.0.4')?.oldest).toBe(b);
  table.remove(b);
  expect(table.crowding('10.0.0.4')).toBeUndefined();
});

test('an address at its own limit gives up one of its own, and no other', () => {
  const { table, add } = tableOf({ transfers: 100, perAddress: 2 });
  add('10.0.0.9', 1);
  const [a, b] = [add('10.0.0.1', 1), add('10.0.0.1', 2)];
  expect(table.crowding('10.0.0.1')).toEqual({ oldest: a, limit: '2 transfers of one address' });
  table.touch(a);
  expect(table.crowding('10.0.0.1')?.oldest).toBe(b);
  expect(table.crowding('10.0.0.9')).toBeUndefined();
  table.remove(a);
  table.remove(b);
  expect(table.crowding('10.0.0.1')).toBeUndefined();
});

test('finds entries by address and port, and forgets the removed, also when removed twice or touched late', () => {
  const { table, add } = tableOf({ transfers: 5, perAddress: 5 });
  const a = add('10.0.0.1', 1);
  expect(table.get('10.0.0.1', 1)).toBe(a);
  table.remove(a);
  table.remove(a);
  table.touch(a);
  expect(table.get('10.0.0.1', 1)).toBeUndefined();
  expect(table.size()).toBe(0);
  expect(table.values()).toEqual([]);
});

function tableOf(limits: { transfers: number; perAddress: number }) {
  const table = createTable<Entry>(limits);
  const add = (address: string, port: number): Entry => {
    const entry = { address, port };
    table.add(entry);
    return entry;
  };
  return { table, add };
}

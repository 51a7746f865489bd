import { describe, expect, test } from 'vitest';
import { switchOf, workersOf } from '../../src/commands/numbers.ts';

describe('workers', () => {
  test.each([
    [1, 0],
    [2, 2],
    [8, 8],
    [64, 8],
  ])('are as many as cores, at most eight, none with one: with %i cores %i', (cores, workers) => {
    expect(workersOf('--workers', undefined, cores)).toBe(workers);
  });

  test('are as many as somebody says', () => {
    expect(workersOf('--workers', '0', 4)).toBe(0);
    expect(workersOf('--workers', '12', 1)).toBe(12);
    for (const text of ['65', '-1', 'many', ''])
      expect(() => workersOf('--workers', text)).toThrow(
        `--workers is "${text}"; wanted a number up to 64, 0 for none`,
      );
  });
});

test('a switch of the command line is stronger than the environment, which is 1 or 0', () => {
  expect(switchOf('OFFHOOK_X', undefined)).toBe(false);
  for (const text of ['1', 'true']) expect(switchOf('OFFHOOK_X', undefined, text)).toBe(true);
  for (const text of ['', '0', 'false']) expect(switchOf('OFFHOOK_X', undefined, text)).toBe(false);
  expect(switchOf('OFFHOOK_X', false, '1')).toBe(false);
  expect(switchOf('OFFHOOK_X', true, '0')).toBe(true);
  expect(() => switchOf('OFFHOOK_X', undefined, 'maybe')).toThrow('OFFHOOK_X is "maybe"; wanted 1 or 0');
});

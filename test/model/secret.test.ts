import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';

const text = 'hunter2-geheim';
const secret = new Secret(text);

/** What `console.log` writes. */
function logged(...values: readonly unknown[]): string {
  const chunks: string[] = [];
  const stdout = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  new Console(stdout).log(...values);
  return chunks.join('');
}

describe('a secret', () => {
  test.each<[way: string, print: (value: Secret) => string]>([
    ['String()', (value) => String(value)],
    ['a template literal', (value) => `${value}`],
    ['concatenation', (value) => `a${value}b`.slice(1, -1)],
    ['a list as text', (value) => [value, value].join().split(',')[0] ?? ''],
    ['JSON', (value) => JSON.parse(JSON.stringify({ value })).value],
    ['inspect', (value) => inspect(value)],
    ['inspect of what is hidden', (value) => inspect(value, { showHidden: true, depth: 9 })],
    ['format', (value) => format('%s', value)],
    ['the message of an error', (value) => new Error(`wrong: ${value}`).message.slice('wrong: '.length)],
    ['console.log', (value) => logged(value).trim()],
    ['an object’s key', (value) => Object.keys({ [String(value)]: 1 })[0] ?? ''],
  ])('is dots in %s', (_, print) => {
    expect(print(secret)).toBe('••••••••');
  });

  test.each<[way: string, print: (value: Secret) => unknown]>([
    ['console.log of an object that holds it', (value) => logged('device', { lines: [{ password: value }] })],
    ['console.log of an error with it as cause', (value) => logged(new Error('x', { cause: value }))],
    ['JSON of a map of it', (value) => JSON.stringify([...new Map([['a', value]])])],
    [
      'inspect of a class that holds it',
      (value) =>
        inspect(
          new (class A {
            readonly b = value;
          })(),
          { depth: 5 },
        ),
    ],
    ['%o', (value) => format('%o %O %j', value, value, { value })],
    ['structuredClone', (value) => inspect(structuredClone(value), { showHidden: true })],
    ['Object.entries', (value) => JSON.stringify([Object.entries(value), Object.getOwnPropertyNames(value)])],
    ['a spread', (value) => JSON.stringify({ ...value })],
    ['a number', (value) => Number(value)],
    ['Object.assign', (value) => JSON.stringify(Object.assign({}, value))],
  ])('does not show in %s', (_, print) => {
    expect(String(print(secret))).not.toContain(text);
  });

  test('shows nothing of its length', () => {
    fc.assert(fc.property(fc.string(), (some) => `${new Secret(some)}` === '••••••••'));
  });

  test('is revealed by its name, and equal to another of the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (one, other) => {
        expect(Secret.reveal(new Secret(one))).toBe(one);
        expect(new Secret(one).equals(new Secret(one))).toBe(true);
        expect(new Secret(one).equals(new Secret(other))).toBe(one.toWellFormed() === other.toWellFormed());
      }),
    );
    expect(new Secret('').isEmpty).toBe(true);
    expect(secret.isEmpty).toBe(false);
  });
});

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNonces } from '../../../src/serving/access/nonce.ts';

const key = randomBytes(32);
const at = (moment: number) => createNonces({ key, now: () => moment, lifetime: 300_000 });
const start = Date.UTC(2026, 10, 1);

test('a nonce says when it was made, to every worker with the same key', () => {
  const nonce = at(start).issue('192.0.2.1');
  expect(at(start + 300_000).issuedAt(nonce, '192.0.2.1')).toBe(start);
  expect(createNonces({ key: randomBytes(32), now: () => start }).issuedAt(nonce, '192.0.2.1')).toBeUndefined();
});

test('a nonce ages, and is good for one address', () => {
  const nonce = at(start).issue('192.0.2.1');
  expect(at(start + 300_001).issuedAt(nonce, '192.0.2.1')).toBeUndefined();
  expect(at(start).issuedAt(nonce, '192.0.2.2')).toBeUndefined();
});

test('no two nonces are the same', () => {
  const nonces = at(start);
  expect(new Set(Array.from({ length: 1000 }, () => nonces.issue('::1'))).size).toBe(1000);
});

test('nobody can make one, or change one', () => {
  const nonce = at(start).issue('192.0.2.1');
  fc.assert(fc.property(fc.string(), (text) => at(start).issuedAt(text, '192.0.2.1') === undefined));
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ';
  fc.assert(
    fc.property(fc.nat(nonce.length - 1), fc.constantFrom(...characters), (index, character) => {
      const changed = nonce.slice(0, index) + character + nonce.slice(index + 1);
      return changed === nonce || at(start).issuedAt(changed, '192.0.2.1') === undefined;
    }),
  );
});

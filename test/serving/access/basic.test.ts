import { expect, test } from 'vitest';
import { createAccount, keysOf } from '../../../src/serving/access/account.ts';
import { checkBasic } from '../../../src/serving/access/basic.ts';
import { createPrints } from '../../../src/serving/access/same-secret.ts';

const prints = createPrints();
const accounts = (
  [
    ['phones', 'one', 'both'],
    ['phones', 'two', 'basic'],
    ['phones', 'three', 'digest'],
  ] as const
).map(([user, password, scheme]) => createAccount({ user, keys: keysOf(user, password), scheme }, prints));
const check = (user: string, password: string) => checkBasic({ user, password }, accounts);

test('credentials are those of an account, both of them', () => {
  expect([check('phones', 'one'), check('phones', 'two')]).toEqual([true, true]);
  expect([check('phones', ''), check('', ''), check('phone', 'one'), check('Phones', 'one')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('a password that is for digests alone is not taken in the clear', () => {
  expect(check('phones', 'three')).toBe(false);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenPrefix } from '../../../src/model/access.ts';
import { splitToken } from '../../../src/serving/access/token.ts';
import { shownPath } from '../../../src/serving/request-path.ts';

const token = 'f3_Qx-0123456789abcdef';

test.each([
  [`/t/${token}/001565123456.cfg`, '/001565123456.cfg'],
  [`t/${token}/001565123456.cfg`, '/001565123456.cfg'],
  [`http://server:8080/t/${token}/a/b.cfg?x=1`, '/a/b.cfg?x=1'],
  [`/t/${token}/`, '/'],
  [`/t/${token}`, '/'],
])('%s is a token and a path', (target, path) => {
  expect(splitToken(target)).toEqual({ token, path });
});

test.each(['/001565123456.cfg', '/tt/x/y', '/x/t/y/z', '', '/', '/t', 'http://t/x/y', '//t/x/y'])(
  '%s begins with no token',
  (target) => {
    expect(splitToken(target)).toBeUndefined();
  },
);

test('what a phone is told is what is read', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{16,64}$/), (any) => {
      expect(splitToken(`${tokenPrefix(any)}/a.cfg`)).toEqual({ token: any, path: '/a.cfg' });
    }),
  );
});

test('a token is in no log', () => {
  for (const target of [
    `/t/${token}/a.cfg`,
    `t/${token}/a.cfg`,
    `http://x/t/${token}/a.cfg`,
    `/provision/t/${token}/a`,
  ])
    expect(shownPath(target)).not.toContain(token);
  expect(shownPath(`/t/${token}/a.cfg?x`)).toBe('/t/.../a.cfg?...');
  expect(shownPath('/t/001565123456.cfg')).toBe('/t/001565123456.cfg');
});

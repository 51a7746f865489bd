import { expect, test } from 'vitest';
import { createComings, type Remembered } from '../../src/registry/comings.ts';
import { toRegistration } from '../../src/registry/registration.ts';
import { createView } from '../../src/registry/view.ts';

const one = (extension: string, address = '192.0.2.7', more = {}) =>
  toRegistration({ extension, contact: `sip:${extension}@host`, received: address, at: 0, ...more }, 'pbx')!;
const of = (extension: string, address = '192.0.2.7'): Remembered => ({
  ...{ source: 'pbx', extension, contact: `sip:${extension}@host`, address },
});

function heard(remembered: Remembered[] = []) {
  const news: string[] = [];
  const comings = createComings({
    remembered,
    came: ({ extension, address }) => news.push(`+${extension} ${address}`),
    went: ({ extension }) => news.push(`-${extension}`),
  });
  const view = createView(undefined, undefined, comings);
  return { view, news, take: () => news.splice(0) };
}

test('tells who comes, moves and goes, and nothing of who is still there', () => {
  const { view, take } = heard();
  view.put(one('1'));
  view.put(one('1', undefined, { expires: 5000, user_agent: 'Phone' }));
  view.put(one('2'));
  expect(take()).toEqual(['+1 192.0.2.7', '+2 192.0.2.7']);
  view.put(one('2', '192.0.2.8'));
  view.drop('pbx', '1', 'sip:1@host');
  view.drop('pbx', '1', 'sip:1@host');
  expect(take()).toEqual(['+2 192.0.2.8', '-1']);
  view.snapshot('pbx', [one('3'), one('2', '192.0.2.8')]);
  view.snapshot('pbx', [one('3')]);
  expect(take()).toEqual(['+3 192.0.2.7', '-2']);
});

test('a restart is no news: only who came, moved or went meanwhile', () => {
  const { view, take } = heard([of('1'), of('2'), of('3'), { ...of('1'), source: 'other' }]);
  view.put(one('1'));
  expect(take()).toEqual([]);
  view.snapshot('pbx', [one('1'), one('2', '192.0.2.9'), one('4')]);
  expect(take()).toEqual(['+2 192.0.2.9', '+4 192.0.2.7', '-3']);
  view.snapshot('pbx', [one('1')]);
  expect(take()).toEqual(['-2', '-4']);
});

test('a phone that goes before its source has listed all is told as gone once', () => {
  const { view, take } = heard([of('1')]);
  view.drop('pbx', '1', 'sip:1@host');
  expect(take()).toEqual(['-1']);
  view.snapshot('pbx', []);
  expect(take()).toEqual([]);
});

test('a source that is no more says nothing of its phones', () => {
  const { view, take } = heard();
  view.put(one('1'));
  view.forget('pbx');
  expect(take()).toEqual(['+1 192.0.2.7']);
});

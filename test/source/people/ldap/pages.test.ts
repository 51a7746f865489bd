import { expect, test } from 'vitest';
import type { LdapSource } from '../../../../src/model/people-source.ts';
import { createReadings } from '../../../support/directory.ts';
import { pageControl, said, scriptedDirectory } from '../../../support/ldap-script.ts';

const person = (number: string) => said.entry(`cn=${number}`, { ipPhone: [number], displayName: [`Person ${number}`] });
const sourceOf = (url: string, more: Partial<LdapSource> = {}): LdapSource => ({ url, base: 'dc=test', ...more });

test('a page without anybody is not the last one while it has a cookie', async () => {
  const cookies: string[] = [];
  const url = await scriptedDirectory(({ cookie }) => {
    cookies.push(cookie);
    if (cookie === '') return [said.done(pageControl('a'))];
    if (cookie === 'a') return [person('1001'), said.done(pageControl('b'))];
    if (cookie === 'b') return [said.done(pageControl('c'))];
    return [person('1002'), said.done(pageControl(''))];
  });
  const { names } = await createReadings(sourceOf(url))();
  expect([...names.keys()]).toEqual(['1001', '1002']);
  expect(cookies).toEqual(['', 'a', 'b', 'c']);
});

test('other servers are not asked, and that is said once', async () => {
  const referral = said.reference('ldap://other.example.test/dc=test');
  const url = await scriptedDirectory(({ cookie }) =>
    cookie === '' ? [person('1001'), referral, said.done(pageControl('a'))] : [referral, said.done()],
  );
  const { names, notes } = await createReadings(sourceOf(url))();
  expect(names.size).toBe(1);
  expect(notes).toEqual(['the server refers to others, which are not asked: ldap://other.example.test/dc=test']);
});

test('members that are handed out in parts are all read', async () => {
  const members = Array.from({ length: 3500 }, (_, index) => `cn=${index}`);
  const url = await scriptedDirectory(({ base, attributes }) => {
    if (base === 'dc=test') return [person('7'), person('3400'), said.done()];
    const range = attributes.find((name) => name.startsWith('member;range='));
    if (!range && !attributes.includes('member')) return [said.entry(base, { modifyTimestamp: ['1'] }), said.done()];
    const from = Number(/=(\d+)-/.exec(range ?? '=0-')?.[1]);
    const to = from + 1500 >= members.length ? '*' : String(from + 1499);
    return [said.entry(base, { [`member;range=${from}-${to}`]: members.slice(from, from + 1500) }), said.done()];
  });
  const { everybody } = await createReadings(sourceOf(url, { groups: { 'cn=all': 'all' } }))();
  expect([...(everybody?.members.get('cn=all') ?? [])].filter((key) => key.startsWith('id:'))).toHaveLength(2);
});

test('a server that refuses a page says so with its words, and nothing of it counts', async () => {
  const url = await scriptedDirectory(({ cookie }) =>
    cookie === '' ? [person('1001'), said.done(pageControl('a'))] : [said.result(0x65, 51)],
  );
  await expect(createReadings(sourceOf(url))()).rejects.toThrow(/search below "dc=test", page 2: it is busy$/);
});

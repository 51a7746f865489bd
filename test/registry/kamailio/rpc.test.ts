import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aorsOf, contactsOf } from '../../../src/registry/kamailio/location.ts';
import { handedOf } from '../../../src/registry/kamailio/notify.ts';
import { resultOf } from '../../../src/registry/kamailio/rpc.ts';
import { toRegistration } from '../../../src/registry/registration.ts';

test.each([
  ['{"jsonrpc":"2.0","result":[', 'its answer is no JSON, or cut off'],
  ['{"id":2,"result":1}', 'its answer is to another question'],
  [
    '{"id":1,"error":{"code":500,"message":"AOR not found in location table"}}',
    'AOR not found in location table (500)',
  ],
  ['{"id":1}', 'its answer has no result'],
])('refuses %s', (text, words) => {
  expect(() => resultOf(text, 1)).toThrow(words);
});

test.each([
  [[200, 'OK', 'sip:x', 'sip:x', '', ''], { outcome: 'answered', status: 200, reason: 'sent by k' }],
  [[481, 'Gone', 'sip:x'], { outcome: 'answered', status: 481, reason: '481 Gone, as k says' }],
  [[408, 'Request Timeout', '', '', '', ''], { outcome: 'silent', reason: 'no answer to k' }],
  ['', { outcome: 'handed', reason: 'k took it' }],
])('understands %j', (result, handed) => {
  expect(handedOf(result, 'k')).toEqual(handed);
});

test('reads both forms of a listing', () => {
  const dump = (...AoRs: unknown[]) => ({ Domains: [{ Domain: { Domain: 'location', AoRs } }] });
  expect(aorsOf(dump({ AoR: '1001' }, { Info: { AoR: '1002@pbx' } }), 'location')).toEqual(['1001', '1002@pbx']);
  expect(aorsOf(dump({ AoR: '1001' }), 'other')).toEqual([]);
});

test('takes whatever comes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      aorsOf(value, 'location');
      aorsOf({ Domains: [{ Domain: { AoRs: [value] } }] }, 'location');
      handedOf(value, 'k');
      const entry = {
        AoR: '1001@pbx',
        Contacts: [{ Contact: value }, { Contact: { Address: value, Expires: value } }, value],
      };
      for (const claim of [...contactsOf(value, 0), ...contactsOf(entry, 0)]) toRegistration(claim, 'k');
    }),
  );
});

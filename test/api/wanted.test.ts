import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fault } from '../../src/api/fault.ts';
import { wantedOf } from '../../src/api/streams/wanted.ts';
import { eventTypes } from '../../src/model/live-event.ts';

const wanted = (query: object, header?: string) =>
  wantedOf({ query, headers: header === undefined ? {} : { 'last-event-id': header } } as never, ['*']);

test('an id that was heard counts before `since`, and nothing else than a whole number is one', () => {
  expect(wanted({ since: '5' }, '1795317295107042').after).toBe(1_795_317_295_107_042);
  expect(wanted({ since: '5' }, '').after).toBe(5);
  expect(wanted({}).after).toBeUndefined();
  expect(() => wanted({}, 'null')).toThrow('is no id of an event');
});

test('types may be told by what they begin with, with blanks around the commas', () => {
  expect(wanted({ types: 'rollout , phone.registered' }).filter.types).toEqual(
    new Set(eventTypes.filter((type) => type.startsWith('rollout.') || type === 'phone.registered')),
  );
  expect(() => wanted({ types: 'phon' })).toThrow('nothing is called "phon"; wanted phone.registered');
});

test('whatever is wished for is a filter, or refused with a sentence', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(...eventTypes, 'phone', '*', '0', '9'.repeat(16)),
  );
  const query = fc.record({ types: word, device: word, since: word }, { requiredKeys: [] });
  fc.assert(
    fc.property(query, fc.option(word, { nil: undefined }), (asked, header) => {
      try {
        const { filter, after = 0 } = wanted(asked, header);
        expect(filter.types?.size).toBeGreaterThan(0);
        expect(Number.isSafeInteger(after) && after >= 0).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(Fault);
        expect(error).toMatchObject({ status: 400, code: 'validation' });
      }
    }),
    { numRuns: 500 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { select } from '../../../src/serving/http/conditions.ts';
import { contentType } from '../../../src/serving/http/content-type.ts';
import { matchesStrongly, matchesWeakly, parseEntityTags } from '../../../src/serving/http/entity-tag.ts';
import { lastModified, parseHttpDate } from '../../../src/serving/http/http-date.ts';
import { parseRange } from '../../../src/serving/http/range.ts';

const modified = Date.UTC(2026, 10, 5, 12, 0, 0);
const representation = { size: 100, tag: '"abc"', modified };
const status = (headers: Record<string, string>, method = 'GET') => select(method, headers, representation).status;
const at = (ms: number) => new Date(ms).toUTCString();

describe('If-None-Match', () => {
  test.each([
    '"abc"',
    'W/"abc"',
    '*',
    ' * ',
    '"x", "abc"',
    '"x",W/"y" ,\t"abc"',
    ',,"abc",',
    '"a,b", "abc"',
    '"abc", junk',
  ])('%s matches "abc"', (header) => {
    expect(status({ 'if-none-match': header })).toBe(304);
    expect(status({ 'if-none-match': header }, 'HEAD')).toBe(304);
  });

  test.each(['"abd"', 'abc', '"abc', '', '"", "x"', 'junk, "abc"', '*, "x"', 'w/"abc"', '"x" "abc"'])(
    '%j does not',
    (header) => {
      expect(status({ 'if-none-match': header })).toBe(200);
    },
  );

  test('wins over If-Modified-Since', () => {
    expect(status({ 'if-none-match': '"old"', 'if-modified-since': at(modified) })).toBe(200);
  });
});

describe('If-Modified-Since', () => {
  test('is a 304 from the date of the file on, and no date counts as none', () => {
    expect(status({ 'if-modified-since': at(modified) })).toBe(304);
    expect(status({ 'if-modified-since': at(modified + 1000) })).toBe(304);
    expect(status({ 'if-modified-since': at(modified - 1000) })).toBe(200);
    expect(status({ 'if-modified-since': '2026-11-05T12:00:00Z' })).toBe(200);
  });
});

describe('If-Match and If-Unmodified-Since', () => {
  test('are a 412 when the file is another', () => {
    expect(status({ 'if-match': '"abc"' })).toBe(200);
    expect(status({ 'if-match': '*' })).toBe(200);
    expect(status({ 'if-match': 'W/"abc"' })).toBe(412);
    expect(status({ 'if-match': '"x"' })).toBe(412);
    expect(status({ 'if-unmodified-since': at(modified) })).toBe(200);
    expect(status({ 'if-unmodified-since': at(modified - 1000) })).toBe(412);
  });
});

describe('Range', () => {
  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=10-', 10, 100],
    ['bytes=-10', 90, 100],
    ['bytes=-1000', 0, 100],
    ['bytes=99-99999999999999999999999', 99, 100],
    ['Bytes=0-0', 0, 1],
    ['bytes= 5-6 ,', 5, 7],
  ])('%s is bytes %i to %i', (header, start, end) => {
    expect(parseRange(header, 100)).toEqual({ start, end });
  });

  test.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=100-,200-', 'bytes=99999999999999999999999-'])(
    '%s is beyond the end',
    (header) => {
      expect(parseRange(header, 100)).toBe('unsatisfiable');
    },
  );

  test.each([
    'bytes=',
    'bytes',
    'bytes=5-4',
    'bytes=a-b',
    'bytes=-',
    'bytes=1-2-3',
    'items=0-1',
    'bytes=0-1,x',
    '0-1',
    '',
  ])('%j is ignored', (header) => {
    expect(parseRange(header, 100)).toBe('whole');
  });

  test('for several parts gives the whole', () => {
    expect(parseRange('bytes=0-1,5-6', 100)).toBe('whole');
    expect(parseRange('bytes=0-1,500-600', 100)).toBe('whole');
  });

  test('of an empty file is the whole of it', () => {
    expect(parseRange('bytes=0-', 0)).toBe('whole');
  });

  test('is for GET only, and yields to a 304', () => {
    expect(status({ range: 'bytes=0-1' })).toBe(206);
    expect(status({ range: 'bytes=0-1' }, 'HEAD')).toBe(200);
    expect(status({ range: 'bytes=100-' })).toBe(416);
    expect(status({ range: 'bytes=0-1', 'if-none-match': '"abc"' })).toBe(304);
  });

  test('always lies within the file', () => {
    const number = fc.oneof(
      fc.constant(''),
      fc.nat(300).map(String),
      fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
    );
    const spec = fc.tuple(number, number).map(([a, b]) => `${a}-${b}`);
    const header = fc.oneof(
      fc.array(spec, { minLength: 1, maxLength: 3 }).map((specs) => `bytes=${specs.join(',')}`),
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `bytes=${text}`),
    );
    fc.assert(
      fc.property(header, fc.nat(200), (text, size) => {
        const part = parseRange(text, size);
        if (typeof part === 'string') return true;
        return Number.isSafeInteger(part.start) && 0 <= part.start && part.start < part.end && part.end <= size;
      }),
      { numRuns: 1000 },
    );
  });

  test('of two numbers gives what a slice by hand gives', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.nat(120), fc.integer({ min: 1, max: 100 }), (first, last, size) => {
        const part = parseRange(`bytes=${first}-${last}`, size);
        const expected =
          last < first ? 'whole' : first >= size ? 'unsatisfiable' : { start: first, end: Math.min(last + 1, size) };
        expect(part).toEqual(expected);
      }),
    );
  });
});

describe('If-Range', () => {
  test('gives the part of the same bytes and the whole of others', () => {
    const ranged = (value: string) => status({ range: 'bytes=0-1', 'if-range': value });
    expect(ranged('"abc"')).toBe(206);
    expect(ranged(at(modified))).toBe(206);
    for (const stale of ['"x"', 'W/"abc"', '*', at(modified + 1000), at(modified - 1000), 'junk', '"abc", "x"'])
      expect(ranged(stale), stale).toBe(200);
  });

  test('without Range is nothing', () => {
    expect(status({ 'if-range': '"x"' })).toBe(200);
  });
});

describe('entity tags', () => {
  const tag = fc
    .tuple(fc.constantFrom('', 'W/'), fc.stringMatching(/^[\x21\x23-\x7e]{0,8}$/))
    .map(([weak, text]) => `${weak}"${text}"`);

  test('that are written as a list are read as they were', () => {
    const separator = fc.constantFrom(',', ', ', ' ,\t', ',, ');
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 6 }), separator, (tags, between) => {
        expect(parseEntityTags(tags.join(between))).toEqual(tags);
      }),
    );
  });

  test('are read from any text without a fault, and only as tags', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const tags = parseEntityTags(text);
        return tags === '*' || tags.every((each) => /^(W\/)?"[^"]*"$/.test(each));
      }),
    );
    expect(parseEntityTags(' ,'.repeat(50_000))).toEqual([]);
  });

  test('that equal strongly equal weakly', () => {
    fc.assert(
      fc.property(tag, tag, (a, b) => {
        expect(matchesWeakly(a, a)).toBe(true);
        return !matchesStrongly(a, b) || matchesWeakly(a, b);
      }),
    );
  });
});

describe('an HTTP date', () => {
  test.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'may be written %s',
    (text) => {
      expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
    },
  );

  test.each([
    '',
    'now',
    '1994-11-06',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 +0100',
  ])('%j is none', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });

  test('that is written is read as it was', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }), (when) => {
        expect(parseHttpDate(when.toUTCString())).toBe(Math.floor(when.getTime() / 1000) * 1000);
      }),
    );
  });

  test('of a file that changed in this second, or will change in the future, is the second before', () => {
    const now = modified + 500;
    expect(lastModified(modified - 7000, now)).toBe(at(modified - 7000));
    expect(lastModified(modified, now)).toBe(at(modified - 1000));
    expect(lastModified(modified + 99_000, now)).toBe(at(modified - 1000));
    expect(lastModified(modified, now + 1000)).toBe(at(modified));
  });
});

test('types go by the ending, whatever its case', () => {
  expect(contentType('a.cfg')).toBe('text/plain; charset=utf-8');
  expect(contentType('A.CFG')).toBe('text/plain; charset=utf-8');
  expect(contentType('cfg000b82aabbcc.xml')).toBe('application/xml');
  expect(contentType('bell.wav')).toBe('audio/wav');
  for (const file of ['T46S.rom', 'cfg000b82aabbcc', 'a.constructor', 'xml', ''])
    expect(contentType(file)).toBe('application/octet-stream');
});

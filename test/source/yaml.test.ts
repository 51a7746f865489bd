import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPlace } from '../../src/problem.ts';
import { parseYaml } from '../../src/source/yaml.ts';

const at = (text: string, path: readonly (string | number)[], which?: 'key' | 'value') => {
  const { line, column } = parseYaml('f.yml', text).locate(path, which);
  return `${line}:${column}`;
};
const problems = (text: string) =>
  parseYaml('f.yml', text).problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);

describe('a value', () => {
  test('is text, whatever it looks like', () => {
    const text = 'a: 0015\nb: 1e6\nc: ~\nd: yes\ne:\nf: 2024-01-01\ng: 0x1F\nh: .inf\ni: "x"\nj: [1, true]';
    expect(parseYaml('f.yml', text).value).toEqual({
      ...{ a: '0015', b: '1e6', c: '~', d: 'yes', e: '', f: '2024-01-01', g: '0x1F', h: '.inf', i: 'x' },
      j: ['1', 'true'],
    });
  });

  test('may be merged into a mapping, and aliased', () => {
    const text = 'a: &a { x: 1, y: 1 }\nb: { <<: *a, y: 2 }\nc: { <<: [{ x: 3 }, *a] }\nd: *a';
    expect(parseYaml('f.yml', text).value).toMatchObject({
      b: { x: '1', y: '2' },
      c: { x: '3', y: '1' },
      d: { x: '1', y: '1' },
    });
  });

  test('of no text at all is an empty mapping', () => {
    for (const text of ['', '\n\n', '# only a comment\n'])
      expect({ text, value: parseYaml('f.yml', text).value }).toEqual({ text, value: {} });
  });

  test('of a name that every object has is an entry like any other', () => {
    const { value } = parseYaml('f.yml', '__proto__: { a: 1 }\nconstructor: 2\ntoString: 3\n');
    expect(Object.keys(Object(value))).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object({}).a).toBeUndefined();
  });

  test('may be merged often and aliased often', () => {
    const devices = Array.from({ length: 5000 }, (_, index) => `  - { <<: *a, mac: ${index} }\n`).join('');
    const text = `base: &a { v: 1, w: 2, x: 3, y: 4, z: [1] }\ndevices:\n${devices}`;
    expect(parseYaml('f.yml', text).problems).toEqual([]);
  });
});

describe('the place', () => {
  const text = [
    'a: 1', //                          1
    'b:', //                            2
    '  c: "two"', //                    3
    '  "d.e": { f: 3, g: [4, 5] }', //  4
    'h:', //                            5
    '  - i: 6', //                      6
    '    j: 7', //                      7
    '  -   - 8', //                     8
    '      - 9', //                     9
    '"k l": |', //                     10
    '  block', //                      11
  ].join('\n');

  test.each<[path: (string | number)[], value: string, key: string]>([
    [['a'], '1:4', '1:1'],
    [['b'], '3:3', '2:1'],
    [['b', 'c'], '3:7', '3:3'],
    [['b', 'd.e'], '4:10', '4:4'],
    [['b', 'd.e', 'f'], '4:15', '4:12'],
    [['b', 'd.e', 'g', 1], '4:25', '4:25'],
    [['h'], '6:3', '5:1'],
    [['h', 0], '6:5', '6:5'],
    [['h', 0, 'j'], '7:8', '7:5'],
    [['h', '1', 1], '9:9', '9:9'],
    [['k l'], '11:1', '10:2'],
  ])('of %j is %s, and of its key %s', (path, value, key) => {
    expect([at(text, path), at(text, path, 'key')]).toEqual([value, key]);
  });

  test('of what is not there is that of what would hold it', () => {
    expect(at(text, ['b', 'x', 'y'])).toBe('3:3');
    expect(at(text, ['b', 'x'], 'key')).toBe('3:3');
    expect(at(text, ['h', 7])).toBe('6:3');
    expect(at(text, ['a', 'x'])).toBe('1:4');
    expect(at(text, [])).toBe('1:1');
    expect(at('', ['a', 'b'])).toBe('1:1');
  });

  test('of a value that says nothing is that of its key, or of its dash', () => {
    expect(at('a:\nb: 1', ['a'])).toBe('1:1');
    const list = 'a:\n  - 1\n  -\n  # a comment - with a dash\n  -\n  - 2\n';
    expect([0, 1, 2, 3].map((index) => at(list, ['a', index]))).toEqual(['2:5', '3:3', '5:3', '6:5']);
  });

  test('counts a line once, however it ends', () => {
    for (const end of ['\n', '\r\n', '\r']) expect(at(['a: 1', '', 'b:', '  c: 2'].join(end), ['b', 'c'])).toBe('4:6');
  });

  test('counts columns as editors do, in characters and not in bytes', () => {
    expect(at('ä: ö\né: { ß: x }', ['é', 'ß'])).toBe('2:9');
    expect(at('a: { b: "→", c: x }', ['a', 'c'])).toBe('1:17');
  });

  test('of an alias is where it stands, and of what is in it where that stands', () => {
    const aliased = 'a: &x { y: 1 }\nb: *x\nc: [*x]';
    expect(at(aliased, ['b'])).toBe('2:4');
    expect(at(aliased, ['b', 'y'])).toBe('1:12');
    expect(at(aliased, ['c', 0, 'y'], 'key')).toBe('1:9');
  });

  test('of an alias is that of the anchor before it, when a name is given twice', () => {
    const again = 'a: &x { y: 1 }\nb: *x\nc: &x { y: 2 }\nd: *x';
    expect([at(again, ['b', 'y']), at(again, ['d', 'y'])]).toEqual(['1:12', '3:12']);
  });

  test('of a merged value is where it comes from', () => {
    const merged = 'a: &a { x: 1 }\nb: &b { <<: *a, y: 2 }\nc: { <<: [{ z: 3 }, *b], x: 4 }\nd: { <<: *b }';
    expect(['x', 'y', 'z'].map((step) => at(merged, ['c', step]))).toEqual(['3:29', '2:20', '3:16']);
    expect(at(merged, ['d', 'x'])).toBe('1:12');
  });

  test('of every value of a random document holds that value', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const tree = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, word, fc.array(tie('value'), { minLength: 1 }), tie('map')),
      map: fc.dictionary(fc.stringMatching(/^[a-z.ä🐙-]{1,6}$/u), tie('value'), { minKeys: 1 }),
    })).map;
    fc.assert(
      fc.property(tree, fc.constantFrom('\n', '\r\n'), (value, end) => {
        const text = block(value, '', end);
        const document = parseYaml('f.yml', text);
        expect(document.value).toEqual(value);
        const lines = text.split(end);
        for (const { path, leaf } of leavesOf(value)) {
          const { line = 0, column = 0 } = document.locate(path);
          expect(lines[line - 1]?.slice(column - 1).startsWith(leaf)).toBe(true);
        }
      }),
    );
  });
});

/** As YAML in block style, keys in quotes. */
function block(value: unknown, indent: string, end: string): string {
  if (typeof value === 'string') return ` ${value}${end}`;
  const items = Array.isArray(value)
    ? value.map((item) => `${indent}-${block(item, `${indent}  `, end)}`)
    : Object.entries(Object(value)).map(
        ([key, item]) => `${indent}${JSON.stringify(key)}:${block(item, `${indent}  `, end)}`,
      );
  return `${indent === '' ? '' : end}${items.join('')}`;
}

function leavesOf(value: unknown, path: readonly (string | number)[] = []): { path: typeof path; leaf: string }[] {
  if (typeof value === 'string') return [{ path, leaf: value }];
  return Object.entries(Object(value)).flatMap(([step, inner]) => leavesOf(inner, [...path, step]));
}

describe('a fault', () => {
  test.each<[what: string, text: string, expected: string]>([
    ['an alias of nothing', 'a: 1\nb: *97', '2:4 not YAML: an alias that no anchor defines'],
    ['an alias within itself', 'a: &x\n  b: [1, *x]', '2:10 not YAML: an alias within its own anchor'],
    ['a tag', 'a: !secret b', '1:4 not YAML: a tag that is not known'],
    ['a tab', 'a:\n\tb: 1', '2:1 not YAML: a tab in the indentation'],
    ['a control character', 'a: \u0007', '1:4 not YAML: a control character'],
    ['a quote without its end', 'a: "b', '1:6 not YAML: a quote'],
    ['a bracket without its end', 'a: [b', '1:6 not YAML: a bracket'],
    ['a text with a colon', 'a: b: c', '1:5 not YAML: bad indentation, or a text with ": " in it'],
    ['a mapping as a key', '? { a: 1 }\n: 2', '1:1 not YAML: a mapping or a list as a key'],
    ['a merge of a text', '<<: a', '1:1 not YAML: << merges what is no mapping'],
    ['a second document', 'a: 1\n---\nb: 2', '3:1 not YAML: a second document'],
    ['a key that is given twice', 'a: 1\nb: 2\na: 3', '3:1 the key "a" is given twice (the other: line 1)'],
    ['an escape that is none', 'a: "\\q"', '1:6 not YAML: unknown escape sequence'],
    ['nesting without end', '['.repeat(100), '1:40 not YAML: nesting is too deep'],
  ])('%s is found, with its place', (_, text, expected) => {
    expect(problems(text).join('\n')).toContain(expected);
  });

  test('of keys given twice is found everywhere, and what is read is the last', () => {
    const text = 'a: { b: 1, b: 2 }\nc:\n  - d: 1\n    d: 2\n    d: 3\n';
    expect(problems(text)).toEqual([
      'f.yml:1:12 the key "b" is given twice (the other: line 1)',
      'f.yml:4:5 the key "d" is given twice (the other: line 3)',
      'f.yml:5:5 the key "d" is given twice (the other: line 4)',
    ]);
    expect(parseYaml('f.yml', text).value).toEqual({ a: { b: '2' }, c: [{ d: '3' }] });
  });

  test('is no key that a merged mapping has as well', () => {
    expect(problems('a: &a { x: 1 }\nb: { x: 2, <<: *a }\nc: { <<: *a, <<: { y: 1 }, x: 3 }')).toEqual([]);
  });

  test('quotes nothing that may be the part of a password', () => {
    for (const text of [
      '*MARK',
      '!MARK x',
      '&MARK',
      '!<MARK> x',
      '"\\MARK"',
      'a, MARK, b, MARK',
      "'MARK",
      'MARK: b: c',
    ])
      for (const line of problems(`x: { password: ${text} }\ny: ${text}`)) expect(line).not.toContain('MARK');
  });

  test('of whatever kind is never an exception', () => {
    const piece = fc.constantFrom(
      ...'&a *a !t <<: [ ] { } , - ? : | > "x" \' # %Y --- ... \t \r \n \u0085 \ud800'.split(' '),
    );
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }));
    fc.assert(
      fc.property(text, (parts) => {
        const source = typeof parts === 'string' ? parts : parts.join(' ');
        const document = parseYaml('f.yml', source);
        expect(document.value !== undefined || document.problems.length > 0).toBe(true);
        for (const place of [...document.problems, document.locate(['a', 0, 'b']), document.locate([], 'key')])
          if (place.line !== undefined) expect(place.line).toBeLessThanOrEqual(source.split(/\r\n?|\n/).length);
      }),
      { numRuns: 500 },
    );
  });
});

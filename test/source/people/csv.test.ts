import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../../src/source/people/csv.ts';

const lineOf = (text: string, line: number) => text.split(/\r\n|\n|\r/)[line - 1] ?? '';
const said = (text: string) => {
  const { rows, problem } = parseCsv('people.csv', text);
  return { rows, ...(problem && { problem: `${problem.line}:${problem.column} ${problem.message}` }) };
};

describe('a table', () => {
  test.each([
    ['a,b\n1,2\n', ','],
    ['a;b\n1;2\n', ';'],
    ['a\tb\n1\t2\n', 'a tab'],
    ['"a;x",b\n1,2\n', ','],
  ])('tells by its first line what stands between its columns: %j', (text) => {
    expect(parseCsv('people.csv', text).rows[1]).toEqual(['1', '2']);
  });

  test.each(['\n', '\r\n', '\r'])('may end its lines with %j, and have empty ones', (end) => {
    const text = ['a,b', '', '1,"x', 'y"', '', '2,3', ''].join(end);
    expect(parseCsv('people.csv', text).rows).toEqual([
      ['a', 'b'],
      ['1', `x${end}y`],
      ['2', '3'],
    ]);
  });

  test('has no blanks around its cells but those within quotes', () => {
    expect(said('a , b\n 1 ," 2 "\n').rows).toEqual([
      ['a', 'b'],
      ['1', ' 2 '],
    ]);
    expect(said('a\tb\tc\n\t \tx\n').rows[1]).toEqual(['', '', 'x']);
  });

  test.each([
    ['a,b\n1,"x\n2,y\n', '2:3 a cell begins with a quote that nothing closes'],
    ['a,b\r\n1,2\r\n3,x"y\r\n', '3:3 a quote stands in the middle of a cell'],
    ['a,b\nä,ö\n\n "x"y,2\n', '4:2 a cell goes on after its closing quote'],
  ])('that breaks off says where: %j', (text, problem) => {
    expect(said(text).problem).toBe(
      `${problem}; wanted quotes around the whole cell, and two for each quote within it`,
    );
  });

  const cell = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.string({ unit: fc.constantFrom('"', ',', ';', '\n', '\r', ' ', 'a', 'ß', '😀', '\t') }),
  );
  const delimiters = fc.constantFrom(',' as const, ';' as const, '\t' as const);

  test('gives back every cell that was written in quotes, and its place', () => {
    const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, delimiters, fc.constantFrom('\n', '\r\n', '\r'), (cells, delimiter, end) => {
        const text = cells
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(delimiter))
          .join(end);
        const table = parseCsv('people.csv', text, delimiter);
        expect(table.rows).toEqual(cells);
        for (const [row, values] of cells.entries())
          for (const [column, value] of values.entries()) {
            const place = table.place(row, column);
            const [first = ''] = value.split(/[\r\n]/);
            const rest = lineOf(text, place.line ?? 0).slice((place.column ?? 0) - 1);
            expect(rest.startsWith(`"${first.replaceAll('"', '""')}`)).toBe(true);
          }
      }),
    );
  });

  test('is read whatever it holds, and each fault has a place in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'",;\n\r\t aä\0😀') }), (text) => {
        const { rows, problem, place } = parseCsv('people.csv', text);
        const places = rows.flatMap((row, index) => row.map((_, column) => place(index, column)));
        for (const { line = 0, column = 0 } of problem ? [...places, problem] : places) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual(lineOf(text, line).length + 1);
        }
      }),
    );
  });
});

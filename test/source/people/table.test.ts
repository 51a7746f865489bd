import { describe, expect, test } from 'vitest';
import type { CsvSource } from '../../../src/model/people-source.ts';
import { parseTable } from '../../../src/source/people/table.ts';

const read = (text: string, source: Pick<CsvSource, 'columns' | 'delimiter'> = {}) =>
  parseTable('people.csv', text, source);
const faults = (text: string, source?: Pick<CsvSource, 'columns' | 'delimiter'>) =>
  read(text, source).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
const columns = { extension: 'Phone', name: 'Display name', email: 'E-mail' };

describe('a table of people', () => {
  test('gives what its columns give, and nothing for cells that are empty', () => {
    const { value, problems } = read('E-mail;Phone;Display name;Room\nada@x;1001;Ada;1\n;1002;;2\n', { columns });
    expect(problems).toEqual([]);
    expect(value).toEqual({ extensions: { '1001': { name: 'Ada', email: 'ada@x' }, '1002': {} } });
  });

  test('has the fields’ own names for titles where nobody says otherwise', () => {
    const { value } = read('extension,name,password,group,room\n1001,Ada,s,reception,1\n');
    expect(value).toEqual({ extensions: { '1001': { name: 'Ada', password: 's', group: 'reception' } } });
  });

  test('leaves people without a number aside', () => {
    expect(read('extension,name\n,Nobody\n1001,Ada\n,\n').value).toEqual({ extensions: { '1001': { name: 'Ada' } } });
  });

  test('knows where each value stands', () => {
    const { locate } = read('Phone,Display name,E-mail\n\n1001,"Ada\nL",ä@x\nä,"ö", x\n', { columns });
    expect(locate(['extensions', '1001'], 'key')).toEqual({ file: 'people.csv', line: 3, column: 1 });
    expect(locate(['extensions', '1001', 'email'])).toEqual({ file: 'people.csv', line: 4, column: 4 });
    expect(locate(['extensions', 'ä', 'email'])).toEqual({ file: 'people.csv', line: 5, column: 8 });
    expect(locate(['extensions', '1001', 'mobile'])).toEqual({ file: 'people.csv', line: 3, column: 1 });
    expect(locate(['extensions', '9'])).toEqual({ file: 'people.csv', line: 1, column: 1 });
  });

  test.each([
    [
      'Phone,Name\n1,A\n',
      undefined,
      ['1:1 the first line has no column "extension"; wanted it, or `columns: { extension: TITLE }` in devices.yml'],
    ],
    [
      'Phone,Display names,E-mail\n',
      { columns },
      ['1:1 the first line has no column "Display name"; did you mean "Display names"?'],
    ],
    ['Phone,E-mail,Display name,Phone\n', { columns }, ['1:27 two columns have the title "Phone"; wanted one']],
    [
      'extension,name\n1,A,B\n2\n',
      undefined,
      [
        '2:5 the row has 3 cells; wanted 2, as in the first line (a cell with a delimiter in it stands in quotes)',
        '3:1 the row has 1 cell; wanted 2, as in the first line (a cell with a delimiter in it stands in quotes)',
      ],
    ],
    ['extension,name\n1,A\n2,B\n1,C\n', undefined, ['4:1 two rows have the extension "1" (the other: line 2)']],
  ])('says what is wrong, and where: %j', (text, source, messages) => {
    expect(faults(text, source)).toEqual(messages);
  });

  test('shows nothing of a table without titles, which may be passwords', () => {
    expect(faults('1001,Ada,hunter22\n').join()).not.toContain('hunter22');
  });

  test('says once what is wrong with thousands of rows', () => {
    const messages = faults(`extension,name\n${'1,A,B\n'.repeat(5000)}`);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/ \(and 4999 more of them\)$/);
  });

  test('holds no names that every object has', () => {
    const { value } = read('extension,name\n__proto__,A\nconstructor,B\n');
    expect(Object.entries(Object(Object(value).extensions))).toEqual([
      ['__proto__', { name: 'A' }],
      ['constructor', { name: 'B' }],
    ]);
  });
});

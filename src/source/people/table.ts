import { nearest } from '../../model/nearest.ts';
import { type CsvSource, type PersonField, personFields } from '../../model/people-source.ts';
import type { RawExtension } from '../../model/sources.ts';
import { type Place, type Problem, quoted } from '../../problem.ts';
import { createPool } from '../pool.ts';
import type { Document } from '../yaml.ts';
import { parseCsv, type Table } from './csv.ts';

/** As many of one kind are shown. */
const mostShown = 10;

/**
 * Reads a table of people as the document that a file of extensions would be: `{ extensions: { NUMBER: { name, … } } }`.
 * A row without a number is nobody with an extension, and a cell with nothing in it gives nothing.
 */
export function parseTable(file: string, text: string, source: Titles): Document {
  const { people, problems } = readPeople(file, text, source);
  // Not of what was read just now, which would stay in memory for it.
  const locate = lazyLocate(() => readPeople(file, text, source));
  return { file, value: { extensions: Object.fromEntries(people) }, problems, locate };
}

type Titles = Pick<CsvSource, 'columns' | 'delimiter'>;

function readPeople(file: string, text: string, source: Titles) {
  const table = parseCsv(file, text, source.delimiter === 'tab' ? '\t' : source.delimiter);
  const [titles = []] = table.rows;
  const { columns, problems: ofTitles } = findColumns(table, titles, source.columns);
  const people = new Map<string, RawExtension>();
  const rowOf = new Map<string, number>();
  const ragged: Problem[] = [];
  const twice: Problem[] = [];
  const own = createPool();
  const column = columns.get('extension') ?? -1;
  for (const [row, cells] of table.rows.entries()) {
    const number = cells[column];
    if (row === 0 || number === undefined) continue;
    const other = rowOf.get(number);
    if (cells.length !== titles.length) ragged.push(notAsLong(table, { row, cells, titles }));
    else if (other !== undefined) twice.push(givenTwice(table, { number, row, other, column }));
    else if (number !== '') {
      rowOf.set(number, row);
      people.set(number, personOf(cells, columns, own));
    }
  }
  const problems = [...(table.problem ? [table.problem] : []), ...ofTitles, ...cut(ragged), ...cut(twice)];
  return { people, problems, columns, rowOf, place: table.place };
}

function lazyLocate(
  read: () => Pick<ReturnType<typeof readPeople>, 'columns' | 'rowOf' | 'place'>,
): Document['locate'] {
  const memo: { read?: Known } = {};
  return ([, number, field]) => {
    if (!memo.read) {
      const { columns, rowOf, place } = read();
      memo.read = { columns, rowOf, place };
    }
    const { columns, rowOf, place } = memo.read;
    const [, column] = [...columns].find(([name]) => name === field) ?? [];
    return place(rowOf.get(String(number)) ?? 0, column ?? columns.get('extension') ?? 0);
  };
}

interface Known {
  readonly columns: Columns;
  readonly rowOf: ReadonlyMap<string, number>;
  readonly place: Table['place'];
}

type Field = 'extension' | PersonField;

/** What many people have alike is kept once. */
const ofMany: ReadonlySet<Field> = new Set(['department', 'group']);
type Columns = ReadonlyMap<Field, number>;

function personOf(cells: readonly string[], columns: Columns, own: (text: string) => string): RawExtension {
  const person: Partial<Record<PersonField, string>> = {};
  for (const [field, column] of columns) {
    const cell = cells[column];
    if (field !== 'extension' && cell) person[field] = ofMany.has(field) ? own(cell) : cell;
  }
  return person;
}

/** Which column has which field. Without `wanted` a field is in the column of its own name, if there is one. */
function findColumns(table: Table, titles: readonly string[], wanted: CsvSource['columns']) {
  const columns = new Map<Field, number>();
  const problems: Problem[] = [];
  if (titles.length === 0 && table.problem) return { columns, problems };
  const fields: readonly Field[] = ['extension', ...personFields];
  for (const field of fields) {
    const title = wanted ? wanted[field] : field;
    if (title === undefined) continue;
    const found = titles.flatMap((name, column) => (name === String(title).trim() ? [column] : []));
    const [first, second] = found;
    if (second !== undefined)
      problems.push(fault(table.place(0, second), `two columns have the title ${quoted(title)}; wanted one`));
    if (first !== undefined) columns.set(field, first);
    else if (wanted || field === 'extension')
      problems.push(noColumn(table, { title, titles, isNamed: wanted !== undefined }));
  }
  return { columns, problems };
}

interface MissingColumn {
  readonly title: string;
  readonly titles: readonly string[];
  /** By `columns` in devices.yml. */
  readonly isNamed: boolean;
}

/** Other titles are not shown: a table without them has people's passwords there. */
function noColumn(table: Table, { title, titles, isNamed }: MissingColumn): Problem {
  const guess = nearest(title, titles);
  const wanted = isNamed
    ? 'wanted the title of a column'
    : 'wanted it, or `columns: { extension: TITLE }` in devices.yml';
  const hint = guess ? `did you mean ${quoted(guess)}?` : wanted;
  return fault(table.place(0, 0), `the first line has no column ${quoted(title)}; ${hint}`);
}

interface Ragged {
  readonly row: number;
  readonly cells: readonly string[];
  readonly titles: readonly string[];
}

function notAsLong(table: Table, { row, cells, titles }: Ragged): Problem {
  const count = cells.length === 1 ? '1 cell' : `${cells.length} cells`;
  const message = `the row has ${count}; wanted ${titles.length}, as in the first line (a cell with a delimiter in it stands in quotes)`;
  return fault(table.place(row, Math.min(cells.length - 1, titles.length)), message);
}

interface Twice {
  readonly number: string;
  readonly row: number;
  readonly other: number;
  readonly column: number;
}

function givenTwice(table: Table, { number, row, other, column }: Twice): Problem {
  const related = table.place(other, column);
  const message = `two rows have the extension ${quoted(number)} (the other: line ${related.line})`;
  return { ...fault(table.place(row, column), message), code: 'duplicate-extension', related: [related] };
}

const fault = (place: Place, message: string): Problem => ({ ...place, code: 'csv', severity: 'error', message });

function cut(problems: readonly Problem[]): Problem[] {
  const [first, ...rest] = problems;
  if (!first || problems.length <= mostShown) return [...problems];
  return [{ ...first, message: `${first.message} (and ${rest.length} more of them)` }];
}

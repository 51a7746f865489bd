import { type CsvError, type Info, parse } from 'csv-parse/sync';
import type { Place, Problem } from '../../problem.ts';
import { lineAndColumn, lineStarts } from '../lines.ts';

export type Delimiter = ',' | ';' | '\t';

/** A table as it was read: rows of cells, without the blanks around them, and where each cell stands. */
export interface Table {
  /** The first one has the titles. Lines with nothing on them are left out. */
  readonly rows: readonly (readonly string[])[];
  /** Where the text breaks off being CSV: the rows are those before. */
  readonly problem?: Problem;
  /** The place of a cell; of the file as a whole where there is none. Row and column count from 0. */
  place(row: number, column: number): Place;
}

/**
 * Reads CSV (RFC 4180): cells in quotes may hold delimiters, line breaks and, doubled, quotes. Lines may end in any way.
 * The delimiter is guessed by the first line when none is given. Never throws.
 */
export function parseCsv(file: string, text: string, delimiter = guessDelimiter(text)): Table {
  const rows: string[][] = [];
  /** Where each record ends, in bytes. */
  const ends: number[] = [];
  const place = lazyPlaces({ file, text, delimiter, ends });
  try {
    parse(text, {
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record(cells: string[], { bytes }: Info) {
        rows.push(cells);
        ends.push(bytes);
        return null;
      },
    });
    return { rows, place };
  } catch (error) {
    if (!isCsvError(error)) throw error;
    return { rows, place, problem: toProblem(error, place(rows.length, error.column)) };
  }
}

/** A table whose first line has none of them has one column, and any of them will do. */
function guessDelimiter(text: string): Delimiter {
  const [line = ''] = /[^\r\n]+/.exec(text) ?? [];
  const bare = line.replace(/"[^"]*"?/g, '');
  const count = (delimiter: Delimiter) => bare.split(delimiter).length;
  const [most = ','] = ([',', ';', '\t'] as const).toSorted((a, b) => count(b) - count(a));
  return most;
}

/** As the library throws them: `column` is the index of the cell. */
type CellError = CsvError & { readonly column: number };

const isCsvError = (error: unknown): error is CellError =>
  error instanceof Error && 'code' in error && 'column' in error && typeof error.column === 'number';

const wanted = '; wanted quotes around the whole cell, and two for each quote within it';

function toProblem({ code }: CellError, place: Place): Problem {
  const messages: Readonly<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: `a cell begins with a quote that nothing closes${wanted}`,
    INVALID_OPENING_QUOTE: `a quote stands in the middle of a cell${wanted}`,
    CSV_INVALID_CLOSING_QUOTE: `a cell goes on after its closing quote${wanted}`,
  };
  const message = messages[code] ?? `the table cannot be read (${code}); wanted CSV`;
  return { ...place, code: 'csv', severity: 'error', message };
}

interface PlacesInput {
  readonly file: string;
  readonly text: string;
  readonly delimiter: Delimiter;
  readonly ends: readonly number[];
}

/** Places are asked for only when there is something to say. */
function lazyPlaces({ file, text, delimiter, ends }: PlacesInput): Table['place'] {
  const memo: { starts?: readonly number[]; lines?: readonly number[] } = {};
  const cell = cellPattern(delimiter);
  return (row, column) => {
    memo.starts ??= startsOf(text, ends);
    memo.lines ??= lineStarts(text);
    const start = memo.starts[row];
    if (start === undefined) return { file };
    let offset = skipped(/(?:[^\S\r\n]*(?:\r\n|\n|\r))*/y, text, start);
    for (let index = 0; index < column; index++) {
      const end = skipped(cell, text, offset);
      if (text[end] !== delimiter) break;
      offset = end + 1;
    }
    return { file, ...lineAndColumn(memo.lines, skipped(delimiter === '\t' ? / */y : /[ \t]*/y, text, offset)) };
  };
}

const cellPattern = (delimiter: Delimiter): RegExp =>
  new RegExp(`[^\\S\\r\\n${delimiter}]*(?:"(?:[^"]+|"")*(?:"|$))?[^${delimiter}\\r\\n]*`, 'y');

function skipped(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

/** Where each record begins, and the one after the last, in UTF-16 units. */
function startsOf(text: string, ends: readonly number[]): number[] {
  const bytes = Buffer.from(text);
  if (bytes.length === text.length) return [0, ...ends];
  const starts = [0];
  for (const [index, end] of ends.entries())
    starts.push((starts[index] ?? 0) + bytes.toString('utf8', ends[index - 1] ?? 0, end).length);
  return starts;
}

/** Another process that writes to a journal: `node journal-child.ts FOLDER NAME ROWS`, or without ROWS until it is killed. */
import { openJournal } from '../../src/state/journal.ts';
import { fetchOf } from './facts.ts';

const [folder = '', name = '', rows] = process.argv.slice(2);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const journal = openJournal({ folder, log: quiet });

for (let written = 0; written < Number(rows ?? Number.POSITIVE_INFINITY); written += 100) write(written, written + 100);
journal.close();

/** Prints how many rows are surely in the file. */
function write(from: number, to: number): void {
  for (let index = from; index < to; index++) journal.add.fetch(fetchOf({ path: `/${name}/${index}` }));
  while (!journal.flush());
  process.stdout.write(`${to}\n`);
}

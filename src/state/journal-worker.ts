import { parentPort, workerData } from 'node:worker_threads';
import type { Log } from '../log.ts';
import { openWriting } from './journal.ts';
import type { FromJournal, JournalData, ToJournal } from './journal-messages.ts';
import { widthOf } from './journal-schema.ts';

// The thread of the journal: it gathers rows, writes them and prunes what is old.

const port = parentPort;
if (port !== null) {
  const post = (message: FromJournal) => port.postMessage(message);
  const at = (level: 'info' | 'warn' | 'error') => (message: string, fields?: Parameters<Log['info']>[1]) =>
    post({ kind: 'log', level, message, fields });
  const log = { info: at('info'), warn: at('warn'), error: at('error') };
  const { gather, close } = openWriting({ ...(workerData as JournalData), log });

  port.on('message', (message: ToJournal) => {
    if (message.kind === 'close') {
      close();
      port.close();
      return;
    }
    const { table, count, values } = message.rows;
    const width = widthOf(table);
    for (let row = 0; row < count; row++) gather.add({ table, values: values.slice(row * width, (row + 1) * width) });
    const bulk = message.kind === 'bulk';
    if (bulk) gather.flush();
    post({ kind: 'taken', count, bulk });
  });
}

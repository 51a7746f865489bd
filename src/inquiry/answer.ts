import { journalFindings } from '../examination/journal.ts';
import { worstFirst } from '../findings/finding.ts';
import { whoFetched } from '../known.ts';
import { readJournal } from '../state/journal.ts';
import { gatherUnknown, type UnknownDevices } from '../state/unknown.ts';
import type { Askings } from '../state/unknown-query.ts';
import { readDevices, readWritten } from '../state/written.ts';
import type { Answer, Question } from './question.ts';

/** Reads the state folder, while a daemon may be writing there. @throws Error when it cannot be read */
export const answerTo = (question: Question): Answer =>
  question.kind === 'unknown'
    ? { kind: 'unknown', found: unknownOf(question) }
    : { kind: 'findings', found: findingsOf(question) };

const none: UnknownDevices = { phones: [], others: [], left_out: 0 };

function unknownOf({ state, vendors, macs, since }: Question & { kind: 'unknown' }): UnknownDevices {
  const journal = readJournal({ folder: state });
  if (!journal) return none;
  try {
    let found = none;
    journal.askings('devices', since, (devices) => {
      const shared = (each: (rows: Iterable<Askings>) => void) => journal.askings('shared', since, each);
      found = gatherUnknown({ devices, shared, vendors, isKnown: (mac) => macs.has(mac) });
    });
    return found;
  } finally {
    journal.close();
  }
}

function findingsOf({ state, out, vendors, now }: Question & { kind: 'findings' }) {
  const place = { folder: state, out };
  const written = readWritten(place);
  written.close();
  const known = {
    vendors,
    devices: new Map(readDevices(place).map((device) => [device.mac, device])),
    files: new Set(written.files.keys()),
    hasFetched: whoFetched({ state, out }),
  };
  return worstFirst(journalFindings({ state, out, known, now }));
}

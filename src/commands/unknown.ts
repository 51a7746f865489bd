import { createLoader } from '../load.ts';
import { readJournal } from '../state/journal.ts';
import { gatherUnknown, type UnknownDevices } from '../state/unknown.ts';
import type { Askings } from '../state/unknown-query.ts';
import type { Console, Place } from './command.ts';
import { parseSince } from './fetches.ts';
import { formatUnknown, type UnknownFormat, unknownJson } from './format-unknown.ts';

export interface UnknownArguments extends Place {
  /** `15m`, `2h`, `3d`, or a date and time; as far back as the journal goes when it is absent. */
  readonly since?: string;
  readonly format: UnknownFormat;
}

/** Lists the phones that asked and are in no devices.yml, with what to write there. 0. */
export async function unknown(
  { dir, shipped, state, since, format }: UnknownArguments,
  console: Console,
): Promise<number> {
  const now = Date.now();
  const from = since === undefined ? 0 : parseSince(since, now);
  const journal = readJournal({ folder: state });
  if (!journal)
    throw new Error(
      `there is no journal in ${state}: \`offhook serve\` has not run here, or has its --state elsewhere`,
    );
  try {
    const { site } = await createLoader({ dir, shipped, secrets: { placeholders: true } }).load();
    const macs = new Set(site.devices.map(({ mac }) => mac));
    const { vendors } = site;
    let found: UnknownDevices = { phones: [], others: [], left_out: 0 };
    journal.askings('devices', from, (devices) => {
      const shared = (each: (rows: Iterable<Askings>) => void) => journal.askings('shared', from, each);
      found = gatherUnknown({ devices, shared, vendors, isKnown: (mac) => macs.has(mac) });
    });
    console.out(format === 'json' ? unknownJson({ found, vendors }) : formatUnknown({ found, vendors, now }));
    return 0;
  } finally {
    journal.close();
  }
}

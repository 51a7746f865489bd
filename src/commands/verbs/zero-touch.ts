import { format, type Verb, value } from './verb.ts';

// Verbs for phones that come fresh from their box.

export const unknown = {
  name: 'unknown',
  does: 'List phones that asked and are not in devices.yml, with the entries to paste',
  flags: {
    since: value('15m, 2h, 3d, or a date and time  [as far back as the journal goes]'),
    format: format('text', 'json'),
  },
  examples: [
    { line: 'unknown', does: 'After phones were plugged in' },
    { line: 'unknown --since 1h --format json', does: 'For a script' },
  ],
  exits: { 0: 'said', 1: 'there is no journal yet' },
} as const satisfies Verb;

import { statusFormats } from '../format-status.ts';
import { device, on, oneOf, type Verb, value } from './verb.ts';

// Verbs that show what devices had, and go back to it.

export const show = {
  name: 'show',
  does: 'List the files of a device, or print one, as it has or had it; every secret as dots',
  arguments: {
    device: { ...device, describe: 'MAC or extension' },
    file: { type: 'string', describe: 'Name of a file' },
  },
  flags: {
    revision: { ...value('The beginning of a revision, or previous'), default: 'current' },
    format: oneOf(statusFormats, 'For people, or for a machine'),
  },
  examples: [
    { line: 'show 1001', does: 'What the phone has' },
    { line: 'show 1001 001565123456.cfg --revision previous', does: 'A file as it was before' },
  ],
  exits: { 0: 'said', 1: 'no such device, revision or file' },
} as const satisfies Verb;

export const rollback = {
  name: 'rollback',
  does: 'Pin devices to a revision that they had (--to), or let them go (--release)',
  arguments: { target: { ...device, describe: 'MAC, extension or group', completes: 'target' } },
  flags: {
    to: value('The beginning of a revision, or previous'),
    release: on('They get what git says again'),
    reason: value('Said in the status'),
    'dry-run': on('Only show what would change: 0 nothing, 2 something, 1 faults'),
  },
  examples: [
    { line: 'rollback 1001 --to previous', does: 'Back to what it had before' },
    { line: 'rollback reception --to previous --dry-run', does: 'What that would change for a group' },
    { line: 'rollback 1001 --release', does: 'What git says again' },
  ],
  exits: {
    0: 'done; --dry-run: nothing would change',
    1: 'no such device or revision, or the project has faults; nobody is pinned then',
    2: '--dry-run: something would change',
  },
} as const satisfies Verb;

import { states } from '../../state/convergence.ts';
import { statusFormats } from '../format-status.ts';
import { device, format, on, oneOf, type Verb, value } from './verb.ts';

// Verbs that say what phones did.

export const status = {
  name: 'status',
  does: 'Show which devices run what they are meant to, and what keeps the others from it',
  flags: {
    group: { ...value('Only devices of a group'), completes: 'group' },
    state: value(`List only devices of a state (${states.join(', ')}); or the folder, as everywhere`),
    watch: on('Go on with what changes'),
    wait: on('Until all are current: 0, else 1'),
    commit: value('That --wait waits for: until the daemon has built it, or a newer one  [HEAD of a clean repository]'),
    timeout: { ...value('That --wait waits at most'), default: '10m' },
    format: oneOf(statusFormats, 'For people, or for a machine'),
  },
  examples: [
    { line: 'status', does: 'Counts, and who is not current, with the reason' },
    { line: 'status --wait --commit 9d1f0c2 --timeout 15m', does: 'The last step of a deployment' },
  ],
  exits: {
    0: 'said; --wait: all are current',
    1: 'nothing was ever built; --wait: not all in time, the build was rejected, a rollout stopped, a device is pinned',
  },
} as const satisfies Verb;

export const history = {
  name: 'history',
  does: 'Show the revisions of a device: what changed, from which commit, when it was built, told and fetched',
  arguments: { device: { ...device, describe: 'MAC or extension' } },
  flags: {
    diff: on('What changed, line by line; every secret as dots'),
    format: oneOf(statusFormats, 'For people, or for a machine'),
  },
  examples: [
    { line: 'history 1001', does: 'Oldest first' },
    { line: 'history 1001 --diff', does: 'With each line that changed' },
  ],
  exits: { 0: 'said', 1: 'no such device was ever built' },
} as const satisfies Verb;

export const fetches = {
  name: 'fetches',
  does: 'Show what devices fetched',
  flags: {
    device: { ...value('MAC'), completes: 'device' },
    since: value('15m, 2h, 3d, or a date and time'),
    follow: on('Go on with what comes'),
    overrides: on('Show which phones have settings of their own'),
    limit: { ...value('The last so many'), default: '100' },
    format: format('text', 'json'),
  },
  examples: [
    { line: 'fetches --since 15m', does: 'Of everybody' },
    { line: 'fetches --device 001565123456 --follow', does: 'One phone, as it boots' },
  ],
  exits: { 0: 'said', 1: 'there is no journal yet' },
} as const satisfies Verb;

import { planFormats } from '../format-plan.ts';
import { problemFormats } from '../format-problems.ts';
import { format, manifest, oneOf, publicKey, type Verb, value, withoutSecrets } from './verb.ts';

// Verbs that look at the project, and at what is made from it.

export const check = {
  name: 'check',
  does: 'List every fault of the project at once',
  flags: { format: oneOf(problemFormats, 'For people, a machine, or a CI'), 'without-secrets': withoutSecrets },
  examples: [
    { line: 'check', does: 'Every fault, with file, line and column' },
    { line: 'check --without-secrets --format github', does: 'In CI, which has no passwords' },
  ],
  exits: { 0: 'no faults; warnings do not count', 1: 'faults' },
} as const satisfies Verb;

export const plan = {
  name: 'plan',
  does: 'Show what a build would change: 0 nothing, 2 something, 1 faults',
  flags: {
    format: oneOf(planFormats, 'For people, a machine, or a comment on a pull request'),
    against: value('A commit, a project or an out/ to hold it against  [what is in out/]'),
    'without-secrets': withoutSecrets,
  },
  examples: [
    { line: 'plan', does: 'What a build would write over in out/' },
    { line: 'plan --against main --format markdown', does: 'What a branch changes, for a pull request' },
  ],
  exits: { 0: 'nothing would change', 1: 'the project has faults', 2: 'something would change' },
} as const satisfies Verb;

export const build = {
  name: 'build',
  does: 'Render into out/',
  flags: manifest,
  examples: [
    { line: 'build', does: 'Write what changed, and nothing else' },
    { line: 'build --sign-key offhook.key', does: 'With a signed manifest, for copies on other machines' },
  ],
  exits: { 0: 'out/ is as devices.yml wants it', 1: 'faults; out/ is as it was' },
} as const satisfies Verb;

export const verify = {
  name: 'verify',
  does: 'Hold a copy of out/ against its manifest',
  arguments: { dir: { type: 'string', demandOption: true, describe: 'Folder with the copy', completes: 'folder' } },
  flags: {
    'public-key': publicKey,
    'allow-additional': { type: 'boolean', default: false, describe: 'More files are no fault' },
    format: format('text', 'json'),
  },
  examples: [
    { line: 'verify /srv/phones --public-key offhook.pub', does: 'Each file that is missing, changed or more' },
  ],
  exits: { 0: 'the copy is whole', 1: 'it is not, or the manifest cannot be trusted' },
} as const satisfies Verb;

export const explain = {
  name: 'explain',
  does: 'Show where the values of a device come from',
  arguments: {
    device: { type: 'string', demandOption: true, describe: 'MAC, extension or group', completes: 'target' },
    setting: { type: 'string', describe: 'Such as timezone, sip.server or lines.1.name' },
  },
  flags: { format: format('text', 'json') },
  examples: [
    { line: 'explain 1001', does: 'Every value, with layer, file and line' },
    { line: 'explain reception timezone', does: 'One value, of a group' },
  ],
  exits: { 0: 'explained', 1: 'no such device, or no such setting' },
} as const satisfies Verb;

export const init = {
  name: 'init',
  does: 'Write a small devices.yml and a CI workflow into a folder',
  flags: { ci: oneOf(['github', 'gitlab'], 'Whose CI') },
  examples: [
    { line: 'init', does: 'An example to be edited; `offhook setup` asks instead' },
    { line: 'init --project phones --ci gitlab', does: 'In a folder of its own' },
  ],
  exits: { 0: 'written; what was there is kept', 1: 'the folder cannot be written' },
} as const satisfies Verb;

import { format, type Verb } from './verb.ts';

export const rollout = {
  name: 'rollout',
  does: 'Show how a change goes out: canaries, who waits for what; let all have it now (go), or end it (stop)',
  arguments: { what: { type: 'string', choices: ['show', 'go', 'stop'], default: 'show', describe: 'What to do' } },
  flags: { format: format('text', 'json') },
  examples: [
    { line: 'rollout', does: 'How many canaries are well, and who keeps his files until they are' },
    { line: 'rollout go', does: 'Everybody gets the change now' },
    { line: 'rollout stop', does: 'The canaries go back, and nobody gets it' },
  ],
  exits: { 0: 'said, or done', 1: 'there is no rollout, or no daemon' },
} as const satisfies Verb;

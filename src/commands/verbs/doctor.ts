import { format, type Verb, value } from './verb.ts';

export const doctor = {
  name: 'doctor',
  does: 'Look for whatever keeps phones from their files, and say what to do, worst first',
  flags: {
    device: { ...value('Only what has to do with a device: MAC, extension or group'), completes: 'target' },
    host: value('Ask a server elsewhere, and look at nothing of this machine'),
    format: format('text', 'json'),
  },
  examples: [
    { line: 'doctor', does: 'Everything; beside a daemon that runs, or without one' },
    { line: 'doctor --device 1001', does: 'One phone: its fetches, and what it is served' },
    { line: 'doctor --host 192.168.1.14', does: 'From another machine, as phones see the server' },
  ],
  exits: { 0: 'nothing that needs a person', 1: 'something does, or the project cannot be read' },
} as const satisfies Verb;

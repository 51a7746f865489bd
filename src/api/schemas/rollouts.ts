const time = (description: string) => ({ type: 'string', format: 'date-time', description }) as const;
const timeOrNull = (description: string) => ({ type: ['string', 'null'], format: 'date-time', description }) as const;
const revision = (description: string) => ({ type: 'string', description }) as const;

const canary = {
  title: 'a canary',
  type: 'object',
  required: ['mac', 'from', 'to', 'well'],
  properties: {
    mac: { type: 'string', description: 'With colons, upper case.' },
    from: revision('What it had, and goes back to.'),
    to: revision('What it is to prove.'),
    well: timeOrNull('Since when it is well.'),
  },
} as const;

const properties = {
  group: { type: ['string', 'null'], description: 'Whose rollout it is; null: of all without one of their own.' },
  state: { type: 'string', enum: ['proving', 'released', 'stopped'], description: 'Where it stands.' },
  began: time('When the canaries got it.'),
  until: time('When all of them are to be well by.'),
  require: { description: 'What makes a canary well.' },
  devices_held: { type: 'integer', description: 'Devices that keep their files meanwhile.' },
  canaries: { type: 'array', items: canary },
  stopped: timeOrNull('When it failed.'),
  reason: { type: ['string', 'null'], description: 'Why.' },
} as const;

const rollout = { title: 'a rollout', type: 'object', required: Object.keys(properties), properties } as const;

const waits = {
  title: 'who waits',
  type: 'object',
  required: ['for', 'devices', 'until'],
  properties: {
    for: {
      type: 'string',
      description: '`window`, `call`, `retry`, `address`, `answer`; `turn`: they are told as the pace allows.',
    },
    devices: { type: 'integer', description: 'How many.' },
    until: time('When the first of them is told, or looked for again.'),
  },
} as const;

export const rolloutsSchema = {
  title: 'rollouts',
  type: 'object',
  required: ['items', 'waiting'],
  properties: {
    items: { type: 'array', items: rollout },
    waiting: { type: 'array', description: 'Devices that are not told yet.', items: waits },
  },
} as const;

export const decidedSchema = {
  title: 'a decision',
  type: 'object',
  required: ['done', 'devices', 'items'],
  properties: {
    done: { type: 'string', enum: ['go', 'stop'] },
    devices: { type: 'integer', description: 'Devices that kept their files, and get others now, or keep them.' },
    items: { type: 'array', description: 'The rollouts as they were before.', items: rollout },
  },
} as const;

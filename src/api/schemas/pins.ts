const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;

export const causes = ['person', 'canary', 'rollout'] as const;

const properties = {
  device: { type: 'string', description: 'Its MAC.' },
  revision: { type: 'string', description: 'Whose files it keeps.' },
  cause: {
    ...{ type: 'string', enum: causes },
    description:
      '`person`: somebody wanted it; `rollout`: it is not its turn yet; `canary`: it went first, and went back.',
  },
  at: { type: 'string', format: 'date-time', description: 'Since when.' },
  from: textOrNull('The revision that it is kept from.'),
  reason: textOrNull('For people.'),
} as const;

export const pinSchema = { title: 'a pin', type: 'object', required: Object.keys(properties), properties } as const;

export const rollbackBody = {
  type: 'object',
  additionalProperties: false,
  required: ['to'],
  properties: {
    to: {
      ...{ type: 'string', minLength: 1, maxLength: 100, examples: ['previous'] },
      description: 'The beginning of a revision of its history, `previous` or `current`.',
    },
    reason: { type: 'string', maxLength: 500, description: 'For whoever reads the status.' },
    dry_run: { type: 'boolean', default: false, description: 'Says what would change, and does nothing.' },
  },
} as const;

export const steppedSchema = {
  title: 'what was done',
  type: 'object',
  required: ['mac', 'done', 'from', 'to', 'message', 'changes'],
  properties: {
    mac: { type: 'string', description: 'With colons, upper case.' },
    done: {
      type: 'string',
      enum: ['pinned', 'released', 'planned', 'nothing'],
      description: 'The daemon builds next.',
    },
    from: textOrNull('The revision that it had.'),
    to: textOrNull('The revision that it is pinned to.'),
    message: { type: 'string', description: 'In a sentence.' },
    changes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['file', 'added', 'removed', 'diff'],
        properties: {
          file: { type: 'string', description: 'Its name.' },
          added: { type: ['integer', 'null'], description: 'Lines; null where the text is not kept.' },
          removed: { type: ['integer', 'null'], description: 'The same.' },
          diff: { type: 'string', description: 'Unified; passwords as dots.' },
        },
      },
    },
  },
} as const;

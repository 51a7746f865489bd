const lists = {
  rebooted: { type: 'array', description: 'Extensions whose phones took it.', items: { type: 'string' } },
  failed: {
    type: 'array',
    description: 'Extensions whose phones did not.',
    items: {
      type: 'object',
      required: ['extension', 'error'],
      properties: { extension: { type: 'string' }, error: { type: 'string' } },
    },
  },
} as const;

export const rebootedSchema = {
  type: 'object',
  required: ['success', 'message', 'rebooted', 'failed'],
  properties: {
    success: { type: 'boolean', description: 'Whether a phone took it.' },
    message: { type: 'string' },
    ...lists,
  },
} as const;

export const rebootsSchema = {
  type: 'object',
  required: ['success', 'message', 'rebooted', 'failed', 'success_count', 'failed_count', 'pending_count'],
  properties: {
    success: { type: 'boolean' },
    message: { type: 'string' },
    ...lists,
    success_count: { type: 'integer' },
    failed_count: { type: 'integer' },
    pending_count: { type: 'integer', description: 'Those that have not answered yet.' },
  },
} as const;

export const extensionsSchema = {
  type: 'array',
  description: 'By number.',
  items: {
    title: 'an extension',
    type: 'object',
    required: ['number', 'name', 'registered', 'devices'],
    properties: {
      number: { type: 'string' },
      name: { type: 'string' },
      email: { type: 'string' },
      registered: { type: 'boolean', description: 'Whether a PBX says that a phone is registered as it.' },
      devices: { type: 'array', description: 'MACs of the devices that have a line of it.', items: { type: 'string' } },
    },
  },
} as const;

export const syncSchema = {
  title: 'who is asked',
  type: 'object',
  required: ['directories', 'registries'],
  properties: {
    directories: {
      type: 'array',
      items: {
        type: 'object',
        required: ['file', 'answered'],
        properties: {
          file: { type: 'string', description: 'The file that comes of it.' },
          answered: { type: 'string', format: 'date-time', description: 'When it answered last.' },
        },
      },
    },
    registries: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'kind', 'up', 'registrations', 'reason'],
        properties: {
          name: { type: 'string' },
          kind: { type: 'string' },
          up: { type: 'boolean' },
          registrations: { type: 'integer' },
          reason: { type: ['string', 'null'], description: 'Why it is away.' },
        },
      },
    },
  },
} as const;

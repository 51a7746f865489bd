export const modelsSchema = {
  title: 'models',
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        required: ['vendor', 'model', 'title', 'lines', 'keys', 'key_types', 'firmware', 'files', 'devices'],
        properties: {
          vendor: { type: 'string' },
          model: { type: 'string' },
          title: { type: 'string', description: 'As people write it.' },
          lines: { type: 'integer', description: 'How many it has.' },
          keys: { type: 'integer', description: 'How many it has.' },
          key_types: { type: 'array', items: { type: 'string' } },
          firmware: { type: ['string', 'null'], description: 'The oldest that understands its files.' },
          files: { type: 'array', description: 'Names that its phone asks for.', items: { type: 'string' } },
          devices: { type: 'integer', description: 'How many there are.' },
        },
      },
    },
  },
} as const;

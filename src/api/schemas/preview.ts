export const previewBody = {
  type: 'object',
  additionalProperties: false,
  required: ['device'],
  properties: {
    device: { type: 'string', minLength: 12, maxLength: 17, description: 'For whom, by MAC.' },
    template: {
      ...{ type: 'string', minLength: 1, maxLength: 200 },
      description: 'Its name in the folder of templates; when absent all of the device, or the text alone.',
    },
    text: { type: 'string', maxLength: 262_144, description: 'In place of what stands there.' },
    format: {
      ...{ type: 'string', enum: ['cfg', 'xml'] },
      description: 'How values are escaped by a template that no vendor.yml names.',
    },
  },
} as const;

export const previewSchema = {
  title: 'a preview',
  type: 'object',
  required: ['files', 'problems'],
  properties: {
    files: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'template', 'text'],
        properties: {
          name: { type: 'string', description: 'As its phone asks for it.' },
          template: { type: 'string', description: 'What it is made with.' },
          text: { type: 'string', description: 'Passwords as dots.' },
        },
      },
    },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['template', 'line', 'column', 'message'],
        properties: {
          template: { type: 'string', description: 'Where it is: also one that is included.' },
          line: { type: ['integer', 'null'], description: 'From 1.' },
          column: { type: ['integer', 'null'], description: 'From 1.' },
          message: { type: 'string', description: 'What was seen and what is wanted.' },
        },
      },
    },
  },
} as const;

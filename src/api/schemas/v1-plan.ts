export const planQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    format: {
      ...{ type: 'string', enum: ['json', 'text', 'markdown'] },
      description: 'As whom it is for; by `Accept` when it is not given, else `json`.',
    },
    file: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'Which file the text is of: devices.yml, or one that it includes.',
    },
  },
} as const;

export const planBody = {
  description:
    'A text of YAML, or { "devices": { MAC: { ... } or null } }: each a JSON merge patch (RFC 7396) of an entry, a new entry, or null for one that goes.',
  anyOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }],
} as const;

export const planSchema = {
  description: 'As `offhook plan --format json` shows it.',
  type: ['object', 'string'],
  additionalProperties: true,
} as const;

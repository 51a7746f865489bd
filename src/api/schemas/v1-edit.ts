export const macParam = {
  type: 'object',
  properties: {
    mac: { type: 'string', description: 'A MAC address in any usual spelling.', examples: ['001565123456'] },
  },
} as const;

/** The words are those of devices.yml: its own schema looks at them, with everything else. */
export const deviceBody = {
  type: 'object',
  description:
    'A device as devices.yml has it. Passwords in the clear are encrypted for the recipients of the project, or refused.',
  required: ['mac', 'vendor', 'model'],
  additionalProperties: true,
  properties: {
    mac: { type: 'string', description: 'A MAC address in any usual spelling.', examples: ['00:15:65:12:34:56'] },
    vendor: { type: 'string', description: 'The name of a vendor.' },
    model: { type: 'string', description: 'One of its models.' },
  },
} as const;

export const patchBody = {
  type: 'object',
  description: 'Words of devices.yml: maps merge, null takes away, all else replaces.',
  additionalProperties: true,
  minProperties: 1,
} as const;

export const editedSchema = {
  type: 'object',
  required: ['mac', 'done', 'file', 'phone', 'message'],
  properties: {
    mac: { type: 'string', description: 'With colons, as printed on the phone.' },
    done: {
      ...{ type: 'string', enum: ['file', 'commit', 'branch', 'nothing'] },
      description:
        'What was done: a file written, a commit made, a branch pushed; `nothing` when the file said so already.',
    },
    file: { type: 'string', description: 'The file, from the project.' },
    commit: { type: 'string', description: 'The commit.' },
    branch: { type: 'string', description: 'The branch that was pushed.' },
    warnings: { type: 'array', items: { type: 'string' }, description: 'What somebody should look at.' },
    phone: {
      ...{ type: 'string', enum: ['told', 'pending', 'untold'] },
      description: 'Whether the phone has taken a NOTIFY to fetch anew; `pending` when that is not known yet.',
    },
    message: { type: 'string', description: 'What became of the phone, in a sentence.' },
  },
} as const;

const word = (description: string, examples: readonly string[]) => ({
  ...{ type: 'string', minLength: 1, maxLength: 100, description, examples },
});

/** What the predecessor's clients send; what else they send is not looked at. */
export const registerSchema = {
  type: 'object',
  required: ['mac_address', 'extension_number', 'vendor', 'model'],
  properties: {
    mac_address: word('A MAC address in any usual spelling.', ['00:15:65:12:34:56']),
    extension_number: word('The extension of its first line.', ['1001']),
    extension_number_2: { type: 'string', maxLength: 100, description: 'That of its second line, if it has one.' },
    vendor: word('The name of a vendor.', ['acme']),
    model: word('One of its models.', ['x9']),
  },
} as const;

const repository = {
  branch: { type: 'string', description: 'The branch that has the change, in the mode pull-request-branch.' },
  commit: { type: 'string', description: 'The commit of the change, in the modes commit and pull-request-branch.' },
} as const;

export const registeredSchema = {
  type: 'object',
  required: ['success', 'device', 'reboot_triggered', 'message'],
  properties: {
    success: { type: 'boolean', const: true },
    device: {
      type: 'object',
      properties: {
        mac_address: { type: 'string', description: '12 hexadecimal digits.' },
        extension_number: { type: 'string' },
        vendor: { type: 'string' },
        model: { type: 'string' },
        config_url: { type: 'string', description: 'Where its configuration stands.' },
      },
    },
    reboot_triggered: { type: 'boolean', description: 'Whether the phone has taken the NOTIFY to fetch anew.' },
    reboot_pending: { type: 'boolean', description: 'Whether that is not known yet.' },
    message: { type: 'string', description: 'What was done, and what became of the phone.' },
    ...repository,
  },
} as const;

export const removedSchema = {
  type: 'object',
  required: ['success', 'message'],
  properties: {
    success: { type: 'boolean', const: true },
    reboot_triggered: { type: 'boolean', description: 'Never: its files are gone, and it is not told.' },
    message: { type: 'string', description: 'What was done.' },
    ...repository,
  },
} as const;

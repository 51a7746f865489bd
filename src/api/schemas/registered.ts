const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;

const properties = {
  id: { type: 'integer', description: 'Its place in this list.' },
  extension_number: { type: 'string' },
  ip_address: { type: 'string' },
  mac_address: textOrNull('Twelve digits, lower case; null when nobody knows whose it is.'),
  user_agent: textOrNull('As the phone said it.'),
  contact_uri: { type: 'string', description: 'What it registered.' },
  first_registered: { type: 'string', format: 'date-time', description: 'Since when, as far as the journal knows.' },
  last_registered: { type: 'string', format: 'date-time', description: 'When the PBX last said so.' },
} as const;

export const onePhoneSchema = {
  $id: 'RegisteredPhone',
  title: 'a registered phone',
  type: 'object',
  required: ['id', 'extension_number', 'ip_address', 'mac_address', 'first_registered', 'last_registered'],
  properties,
} as const;

export const onePhoneWithMacSchema = {
  $id: 'RegisteredPhoneWithMac',
  title: 'a registered phone with what devices.yml says of it',
  type: 'object',
  required: [...onePhoneSchema.required, 'mac_source'],
  properties: {
    ...properties,
    mac_source: {
      type: ['string', 'null'],
      enum: ['sip_registration', 'provisioning', null],
      description: 'Whether the phone said its MAC itself, or devices.yml says who has the extension.',
    },
    vendor: { type: 'string' },
    model: { type: 'string' },
    config_url: { type: 'string' },
  },
} as const;

export const registeredSchema = { type: 'array', items: { $ref: 'RegisteredPhone#' } } as const;
export const registeredWithMacSchema = { type: 'array', items: { $ref: 'RegisteredPhoneWithMac#' } } as const;

const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;

const properties = {
  extension: { type: 'string', description: 'The user of the address of record.' },
  domain: textOrNull('The domain behind it, where the PBX says one.'),
  device: textOrNull('Its MAC, where that is known.'),
  address: { type: 'string', description: 'Where its packets come from.' },
  port: { type: 'integer', description: 'The same.' },
  transport: { type: 'string', enum: ['udp', 'tcp', 'tls'] },
  contact: { type: 'string', description: 'The URI that it registered.' },
  user_agent: textOrNull('As it was said.'),
  source: { type: 'string', description: 'The PBX that says so.' },
  at: { type: 'string', format: 'date-time', description: 'When it last did.' },
  expires: { type: ['string', 'null'], format: 'date-time', description: 'When it is over, where that is known.' },
} as const;

export const registrationSchema = {
  title: 'a registration',
  type: 'object',
  required: Object.keys(properties),
  properties,
} as const;

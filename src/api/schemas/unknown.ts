const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;
const time = (description: string) => ({ type: 'string', format: 'date-time', description }) as const;

const properties = {
  mac: { type: 'string', description: 'With colons, upper case.' },
  kind: { type: 'string', enum: ['phone', 'other'], description: '`other`: a browser, a scanner, an unknown vendor.' },
  entry: textOrNull('For devices.yml, with the words in capitals to be replaced; null for what is no phone.'),
  vendor: textOrNull('As devices.yml writes it; null where nothing, or too much, speaks for one.'),
  model: textOrNull('The same.'),
  says: textOrNull('What it calls its model.'),
  firmware: textOrNull('As its user agent says.'),
  user_agent: textOrNull('As it was said last.'),
  address: { type: 'string', description: 'Of the last request.' },
  first_seen: time('The first request.'),
  last_seen: time('The last.'),
  count: { type: 'integer', description: 'Requests.' },
  paths: { type: 'array', items: { type: 'string' }, description: 'What it asked for, the first few.' },
} as const;

export const unknownSchema = {
  title: 'an unknown device',
  type: 'object',
  required: Object.keys(properties),
  properties,
} as const;

import { kinds, severities } from '../../findings/kinds.ts';

const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;
const text = (description: string) => ({ type: 'string', description }) as const;

const properties = {
  id: { type: 'string', enum: Object.keys(kinds), description: 'The kind; docs/diagnosis.md has them all.' },
  severity: {
    ...{ type: 'string', enum: severities },
    description: '`error` keeps a phone from its files, `warning` may, `note` needs nobody.',
  },
  device: textOrNull('Its MAC.'),
  address: textOrNull('Of the phone, or of what was asked.'),
  seen: text('What was seen.'),
  means: text('What that means.'),
  fix: text('What to do.'),
  at: { type: ['string', 'null'], format: 'date-time', description: 'When it was seen last.' },
  count: { type: 'integer', description: 'How often.' },
} as const;

export const findingSchema = {
  title: 'a finding',
  type: 'object',
  required: Object.keys(properties),
  properties,
} as const;

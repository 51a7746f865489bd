import { provisionedShape } from './provisioned.ts';

const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;

/** Objects that may be null have both types: of `anyOf` the serializer finds the right one by checking the answer, which costs as much as to write it. */
export const lookupSchema = {
  title: 'what is known of a phone',
  type: 'object',
  required: ['identifier', 'type', 'registered_phone', 'provisioned_device', 'correlation'],
  properties: {
    identifier: { type: 'string', description: 'As it was asked for.' },
    type: { type: 'string', enum: ['mac', 'ip'] },
    registered_phone: {
      type: ['object', 'null'],
      required: ['ip_address', 'source'],
      properties: {
        extension_number: textOrNull('Of its registration, or of its first line.'),
        ip_address: { type: 'string' },
        mac_address: textOrNull('Twelve digits, lower case.'),
        user_agent: textOrNull('As the phone said it.'),
        contact_uri: { type: 'string' },
        first_registered: { type: 'string', format: 'date-time' },
        last_registered: { type: 'string', format: 'date-time' },
        source: {
          type: 'string',
          enum: ['registration', 'fetch', 'devices.yml'],
          description: 'How it is known: a PBX says so, it fetched from there, or devices.yml says so.',
        },
      },
    },
    provisioned_device: { ...provisionedShape, type: ['object', 'null'] },
    correlation: {
      type: 'object',
      required: ['matched'],
      properties: {
        matched: { type: 'boolean', description: 'Whether both are known.' },
        message: { type: 'string' },
        extension: { type: 'string' },
        mac_address: { type: 'string' },
        ip_address: { type: 'string' },
        vendor: { type: 'string' },
        model: { type: 'string' },
      },
    },
  },
} as const;

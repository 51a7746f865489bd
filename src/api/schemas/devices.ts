import { states } from '../../state/convergence.ts';

const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;
const timeOrNull = (description: string) => ({ type: ['string', 'null'], format: 'date-time', description }) as const;

export const macParams = {
  type: 'object',
  properties: {
    mac: {
      type: 'string',
      minLength: 12,
      maxLength: 17,
      description: 'The MAC, in any usual spelling.',
      examples: ['00:15:65:12:34:56'],
    },
  },
} as const;

const summaryProperties = {
  mac: { type: 'string', description: 'With colons, upper case.', examples: ['00:15:65:12:34:56'] },
  vendor: { type: 'string' },
  model: { type: 'string' },
  group: textOrNull('The group that it is in.'),
  ip: textOrNull('Its fixed address.'),
  extensions: { type: 'array', description: 'Of its lines, in order.', items: { type: 'string' } },
  name: textOrNull('Of the person on its first line.'),
  state: { type: ['string', 'null'], enum: [...states, null], description: 'Where it stands.' },
  revision: textOrNull('What it is meant to have.'),
} as const;

export const deviceSummarySchema = {
  $id: 'DeviceSummary',
  title: 'a device, in short',
  type: 'object',
  required: Object.keys(summaryProperties),
  properties: summaryProperties,
} as const;

const standingProperties = {
  state: { type: 'string', enum: states, description: 'Where it stands.' },
  reason: { type: 'string', description: 'Why, for a person.' },
  revision: { type: 'string', description: 'What it is meant to have.' },
  built: timeOrNull('Since when; null when that was before the journal.'),
  commit: textOrNull('From which commit.'),
  fetched_revision: textOrNull('What it fetched last.'),
  fetched: timeOrNull('When.'),
  notified: timeOrNull('When it was told of it last.'),
  address: textOrNull('Where it fetched from.'),
  firmware: textOrNull('As its user agent says.'),
} as const;

export const standingSchema = {
  title: 'where a device stands',
  type: 'object',
  required: Object.keys(standingProperties),
  properties: standingProperties,
} as const;

export const deviceSchema = {
  title: 'a device',
  type: 'object',
  required: [...Object.keys(summaryProperties), 'lines', 'standing', 'where', 'seen'],
  properties: {
    ...summaryProperties,
    lines: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          index: { type: 'integer', description: 'From 1.' },
          extension: { type: 'string' },
          name: { type: 'string' },
          label: { type: 'string' },
          sip_server: { type: 'string' },
          sip_port: { type: 'integer' },
          transport: { type: 'string', enum: ['udp', 'tcp', 'tls'] },
        },
      },
    },
    standing: { ...standingSchema, type: ['object', 'null'] },
    where: {
      title: 'where it is',
      type: ['object', 'null'],
      properties: {
        address: { type: 'string' },
        port: { type: 'integer' },
        transport: { type: 'string', enum: ['udp', 'tcp', 'tls'] },
        source: { type: 'string', description: 'Who says so.' },
        reason: { type: 'string', description: 'Why that is believed.' },
        registered_as: textOrNull('The extension that a PBX knows it as.'),
      },
    },
    seen: {
      title: 'what its fetches tell',
      type: ['object', 'null'],
      properties: {
        address: { type: 'string' },
        protocol: { type: 'string' },
        user_agent: textOrNull('As it was said.'),
        model: textOrNull('As its user agent says.'),
        firmware: textOrNull('As its user agent says.'),
        first_seen: timeOrNull('The first fetch.'),
        last_seen: timeOrNull('The last.'),
      },
    },
  },
} as const;

const place = {
  file: { type: 'string' },
  line: { type: 'integer', description: 'From 1.' },
  column: { type: 'integer', description: 'From 1.' },
} as const;

export const desiredSchema = {
  title: 'an entry of devices.yml',
  type: 'object',
  required: ['file', 'entry'],
  properties: {
    ...place,
    entry: { type: 'object', description: 'As it is written; passwords as dots.', additionalProperties: true },
  },
} as const;

export const effectiveSchema = {
  title: 'a device with all layers applied',
  type: 'object',
  required: ['mac', 'device', 'explained'],
  properties: {
    mac: { type: 'string' },
    device: { type: 'object', description: 'What templates see; passwords as dots.', additionalProperties: true },
    explained: {
      type: 'array',
      items: {
        type: 'object',
        required: ['setting', 'value', 'origins'],
        properties: {
          setting: { type: 'string', description: 'Its name; lines and keys are counted from 1.' },
          value: { type: 'string', description: 'Dots for a password.' },
          origins: {
            type: 'array',
            description: 'Who says so, strongest first: it overrides the others. Empty: so it is by default.',
            items: {
              type: 'object',
              required: ['layer', 'file', 'value'],
              properties: { layer: { type: 'string' }, ...place, value: { type: 'string' } },
            },
          },
        },
      },
    },
  },
} as const;

export const filesSchema = {
  title: 'files of a device',
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'size', 'sha256', 'shared'],
        properties: {
          name: { type: 'string', description: 'As its phone asks for it.' },
          size: { type: 'integer', description: 'Bytes.' },
          sha256: { type: 'string' },
          shared: { type: 'boolean', description: 'Whether others fetch it, too.' },
        },
      },
    },
  },
} as const;

export const revisionSchema = {
  title: 'a revision',
  type: 'object',
  required: ['revision'],
  properties: { revision: textOrNull('The hash of all bytes that it is meant to have.') },
} as const;

export const historySchema = {
  title: 'the revisions of a device',
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          revision: textOrNull('Null: it was in devices.yml no more.'),
          built: timeOrNull('When; null when that was before the journal.'),
          commit: textOrNull('From which commit.'),
          notified: timeOrNull('When its phone first took the news.'),
          fetched: timeOrNull('When its phone had all of it.'),
        },
      },
    },
  },
} as const;

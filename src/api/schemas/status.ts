export const statusSchema = {
  title: 'whether it runs',
  type: 'object',
  required: ['status', 'ready', 'devices', 'uptime'],
  properties: {
    status: { type: 'string', const: 'running' },
    ready: { type: 'boolean', description: 'Whether a build was accepted since the start.' },
    devices: { type: 'integer', description: 'Devices of the last accepted build.' },
    uptime: { type: 'integer', description: 'Seconds since the start.' },
  },
} as const;

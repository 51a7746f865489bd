const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;
const timeOrNull = (description: string) => ({ type: ['string', 'null'], format: 'date-time', description }) as const;

export const provisionedShape = {
  title: 'a device',
  type: 'object',
  required: ['mac_address', 'extension_number', 'vendor', 'model', 'config_url', 'created_at', 'last_provisioned'],
  properties: {
    mac_address: { type: 'string', description: 'Twelve digits, lower case.', examples: ['001565123456'] },
    extension_number: { type: 'string', description: 'Of its first line; empty when it has none.' },
    vendor: { type: 'string' },
    model: { type: 'string' },
    config_url: { type: 'string', description: 'Where its file is, without a token that may be needed there.' },
    created_at: timeOrNull('When it was first built, as far as the journal knows.'),
    last_provisioned: timeOrNull('When it last fetched a file of its own.'),
  },
} as const;

export const oneProvisionedSchema = { $id: 'ProvisionedDevice', ...provisionedShape } as const;

export const provisionedSchema = {
  type: 'array',
  description: 'All of the last accepted build, by MAC.',
  items: { $ref: 'ProvisionedDevice#' },
} as const;

export const vendorsSchema = {
  type: 'object',
  required: ['vendors', 'models'],
  properties: {
    vendors: { type: 'array', items: { type: 'string' } },
    models: {
      type: 'object',
      description: 'The models of each vendor.',
      additionalProperties: { type: 'array', items: { type: 'string' } },
    },
  },
} as const;

export const templatesSchema = {
  type: 'object',
  required: ['templates', 'total'],
  properties: {
    templates: {
      type: 'array',
      items: {
        type: 'object',
        required: ['vendor', 'model', 'template', 'path'],
        properties: {
          vendor: { type: 'string' },
          model: { type: 'string' },
          template: { type: 'string', description: 'Its name.' },
          path: { type: 'string', description: 'Where it stands.' },
        },
      },
    },
    total: { type: 'integer' },
  },
} as const;

export const requestSchema = {
  $id: 'ProvisioningRequest',
  title: 'a request of a phone',
  type: 'object',
  required: ['timestamp', 'ip_address', 'path', 'success'],
  properties: {
    timestamp: { type: 'string', format: 'date-time' },
    mac_address: textOrNull('With colons, upper case; null when nobody knows whose request it was.'),
    normalized_mac: textOrNull('Twelve digits, lower case.'),
    ip_address: { type: 'string' },
    user_agent: textOrNull('As it was said.'),
    path: { type: 'string', description: 'As it was asked for.' },
    success: { type: 'boolean' },
    error: textOrNull('Why it was refused or cut off.'),
    vendor: textOrNull('Of the device.'),
    model: textOrNull('Of the device.'),
    extension: textOrNull('Of its first line.'),
    config_size: { type: ['integer', 'null'], description: 'Bytes of the file.' },
  },
} as const;

export const requestsSchema = {
  type: 'object',
  required: ['total', 'limit', 'requests'],
  properties: {
    total: { type: 'integer', description: 'How many there are, up to 1,000.' },
    limit: { type: 'integer' },
    requests: { type: 'array', items: { $ref: 'ProvisioningRequest#' } },
  },
} as const;

export const diagnosticsSchema = {
  type: 'object',
  required: ['enabled', 'configuration', 'statistics', 'devices', 'vendors', 'models', 'recent_requests', 'warnings'],
  properties: {
    enabled: { type: 'boolean' },
    configuration: {
      type: 'object',
      properties: {
        url_format: textOrNull('Where files are, of the first device’s vendor.'),
        external_ip: { type: 'string' },
        api_port: { type: 'integer' },
        sip_host: textOrNull('Where the first device registers.'),
        sip_port: { type: ['integer', 'null'] },
      },
    },
    statistics: {
      type: 'object',
      description: 'Requests are the last 1,000 at most.',
      properties: {
        total_devices: { type: 'integer' },
        total_templates: { type: 'integer' },
        total_requests: { type: 'integer' },
        successful_requests: { type: 'integer' },
        failed_requests: { type: 'integer' },
      },
    },
    devices: { ...provisionedSchema, description: 'The first 100, by MAC.' },
    ...vendorsSchema.properties,
    recent_requests: { type: 'array', items: { $ref: 'ProvisioningRequest#' } },
    warnings: { type: 'array', items: { type: 'string' } },
  },
} as const;

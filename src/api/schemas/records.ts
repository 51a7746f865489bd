const at = { type: 'string', format: 'date-time', description: 'When.' } as const;
const id = { type: 'integer', description: 'Its number in the journal.' } as const;
const text = (description: string) => ({ type: 'string', description }) as const;
const number = (description: string) => ({ type: 'number', description }) as const;
const device = { type: ['string', 'null'], description: 'Its MAC.' } as const;

export const buildSchema = {
  title: 'a build',
  type: 'object',
  required: ['id', 'at', 'accepted'],
  properties: {
    ...{ id, at },
    accepted: { type: 'boolean', description: 'Else phones keep the last good files.' },
    devices: number('Devices of the site.'),
    files: number('Files in out/.'),
    changed: number('Files that it changed.'),
    removed: number('Files that it took away.'),
    problems: number('Faults and warnings.'),
    duration: number('Milliseconds.'),
  },
} as const;

export const fetchSchema = {
  title: 'a fetch',
  type: 'object',
  required: ['id', 'at', 'protocol', 'address', 'method', 'path', 'status', 'complete'],
  properties: {
    ...{ id, at, device },
    protocol: text('How it was asked for.'),
    address: text('Who asked.'),
    method: text('GET, RRQ and so on.'),
    path: text('As it was asked for.'),
    file: text('The name in out/.'),
    user_agent: text('As it was said.'),
    model: text('As the user agent says.'),
    firmware: text('As the user agent says.'),
    status: { type: 'integer', description: 'Of HTTP; for TFTP of the same meaning.' },
    bytes: number('That were sent.'),
    complete: { type: 'boolean', description: 'Whether the whole answer went out.' },
    revision: text('Of the device that these bytes belong to.'),
    reason: text('Why it was refused or cut off.'),
    refusal: text('Which rule of `access` refused it.'),
    duration: number('Milliseconds.'),
  },
} as const;

export const notifySchema = {
  title: 'a NOTIFY',
  type: 'object',
  required: ['id', 'at', 'device', 'event', 'outcome'],
  properties: {
    ...{ id, at, device },
    target: text('Where it went.'),
    event: text('The Event header.'),
    revision: text('What it was about.'),
    outcome: text('`answered`, `handed`, `silent` or `unreachable`.'),
    status: { type: 'integer', description: 'Of the answer.' },
    reason: text('Of the answer, or why there was none.'),
    cause: text('Why it was sent.'),
  },
} as const;

export const auditSchema = {
  title: 'a change by the API',
  type: 'object',
  required: ['id', 'at', 'request', 'caller', 'role', 'address', 'method', 'path', 'status'],
  properties: {
    ...{ id, at },
    request: text('What the answer called the request.'),
    caller: text('Who.'),
    role: text('As what.'),
    address: text('From where.'),
    method: text('What was asked for.'),
    path: text('Of what.'),
    status: { type: 'integer', description: 'What was answered.' },
    target: text('What it was about.'),
    before: { description: 'How it was; passwords as dots.' },
    after: { description: 'How it is; passwords as dots.' },
  },
} as const;

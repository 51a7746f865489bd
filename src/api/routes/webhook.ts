import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { olderAnswers } from '../schemas/shared.ts';

export interface WebhookDeps {
  /** Takes what a PBX posts; a sentence for each part that could not be used. Never throws. */
  readonly receivePosted: (body: unknown) => { readonly used: boolean; readonly problems: readonly string[] };
}

const description =
  'A PBX, or a script of its, says who registered and who is in a call: one event, or `{ registrations: [...], complete }` with many. What is posted counts as what a source of `registry` says.';

/** What a whole PBX has, at once. */
const mostBytes = 16 * 1_048_576;

const bodySchema = {
  type: 'object',
  description: 'An event with its data, or a list of registrations.',
  properties: {
    event: {
      type: 'string',
      description: '`registration`, `unregistration`, `call_start`, `call_end`, `config_change`.',
      examples: ['registration'],
    },
    data: {
      type: 'object',
      description:
        '`extension` and `ip`; besides `contact`, `received`, `user_agent`, `mac`, `expires` (seconds) where they are known.',
      additionalProperties: true,
      examples: [{ extension: '101', ip: '192.168.1.100', timestamp: '2024-01-01T12:00:00Z' }],
    },
    registrations: { type: 'array', description: 'Registrations, in place of an event.', items: {} },
    complete: { type: 'boolean', description: 'There are no others than these.' },
  },
  additionalProperties: true,
} as const;

const answer = {
  type: 'object',
  required: ['success', 'message'],
  properties: {
    success: { type: 'boolean', const: true },
    message: { type: 'string' },
    problems: { type: 'array', items: { type: 'string' }, description: 'Parts of the body that could not be used.' },
  },
} as const;

/** `POST /api/phones/webhook`, as the second predecessor documents it. */
export function webhook(app: App, { receivePosted }: WebhookDeps): void {
  app.post(
    '/api/phones/webhook',
    {
      config: { role: 'operator' },
      bodyLimit: mostBytes,
      schema: {
        ...{ summary: 'What happened to phones', description, tags: ['predecessors'], body: bodySchema },
        response: olderAnswers({ 200: answer }, 400, 413, 415),
      },
    },
    async ({ body }) => {
      const { used, problems } = receivePosted(body);
      if (!used) throw new Fault(400, 'validation', problems.slice(0, 10).join('; '));
      return { success: true, message: 'Webhook processed', ...(problems.length > 0 && { problems }) };
    },
  );
}

import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Role } from '../model/api.ts';
import type { Changed } from './changed.ts';
import type { Client } from './client.ts';

/** The one kind of instance that there is here. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger
>;

/** Who asks: a token, a JWT, or somebody on this machine. */
export interface Caller {
  /** As audit rows and the log call it: `local`, `token:portal`, `jwt:ada@example.com`. */
  readonly name: string;
  readonly role: Role;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least that a caller must be; every route says so, or it is not taken. */
    role?: Role;
    /** A page of the description of the API. */
    isDocs?: boolean;
  }
  interface FastifyRequest {
    /** Known in every hook and handler. */
    client: Client;
    /** Known from the handler on; before that nobody is. */
    caller: Caller;
    /** Said by whoever changed something, for the audit. */
    changed?: Changed;
  }
}

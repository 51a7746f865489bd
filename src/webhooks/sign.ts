import { createHmac } from 'node:crypto';
import { Secret } from '../model/secret.ts';

/** What goes with a body, so that who gets it knows whom it is from, when it was sent, and whether it had it already. */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string;
  /** `v1,` and the base64 of the HMAC-SHA-256 of `id.timestamp.body`. */
  readonly 'webhook-signature': string;
}

/** As the Standard Webhooks specification has it (standardwebhooks.com, "Signature scheme"), whose libraries check it. */
export function signedHeaders(
  secret: Secret,
  { id, at, body }: { id: string; at: number; body: string },
): SignedHeaders {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** Behind `whsec_` the key in base64; else the bytes of the text. */
function keyOf(secret: Secret): Buffer {
  const text = Secret.reveal(secret);
  return text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text);
}

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Webhook } from '../model/webhook.ts';

/** How a POST ended: the receiver has it; or it has not, as far as anybody knows. */
export type Posted =
  | { readonly taken: true }
  /** `after`: milliseconds that the receiver wants to be left alone. */
  | { readonly taken: false; readonly reason: string; readonly after?: number };

/** One receiver, with a connection that stays open from one POST to the next. */
export interface Receiver {
  /** Never rejects. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Posted>;
  close(): void;
}

/** Of an answer nobody reads more. */
const mostAnswered = 64 * 1024;

/** Redirects are answers like others: the body is signed for one receiver. Certificates count as anywhere. */
export function createReceiver({ url, tls, timeout }: Pick<Webhook, 'url' | 'tls' | 'timeout'>): Receiver {
  const target = new URL(url);
  const shared = { keepAlive: true, maxSockets: 1 };
  const isSecure = target.protocol === 'https:';
  const agent = isSecure
    ? new HttpsAgent({ ...shared, ca: tls?.ca, servername: tls?.server_name, minVersion: 'TLSv1.2' })
    : new HttpAgent(shared);
  const send = isSecure ? httpsRequest : httpRequest;
  function post(...[body, headers, signal]: Parameters<Receiver['post']>): Promise<Posted> {
    const { promise, resolve } = Promise.withResolvers<Posted>();
    const asked = send(target, {
      ...{ method: 'POST', agent, signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]) },
      headers: {
        ...{ ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        'user-agent': 'offhook',
      },
    });
    asked.on('error', (error) => {
      // A connection that the receiver closed while nothing went over it is no failure of his.
      if (asked.reusedSocket && Object(error).code === 'ECONNRESET') resolve(post(body, headers, signal));
      else resolve({ taken: false, reason: reasonOf(error, timeout) });
    });
    asked.on('response', (response) => {
      drain(response);
      resolve(outcomeOf(response));
    });
    asked.end(body);
    return promise;
  }

  return { post, close: () => agent.destroy() };
}

/** So that the connection can be used again; who answers with more than anybody reads loses it. */
function drain(response: IncomingMessage): void {
  let read = 0;
  response.on('data', (chunk: Buffer) => {
    read += chunk.byteLength;
    if (read > mostAnswered) response.destroy();
  });
  response.on('error', () => {});
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage): Posted {
  if (statusCode >= 200 && statusCode < 300) return { taken: true };
  return { taken: false, reason: `answered ${statusCode}`, after: pauseIn(headers['retry-after']) };
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function pauseIn(text: string | undefined, now = Date.now()): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function reasonOf(error: Error & { readonly code?: string }, timeout: number): string {
  if (error.name === 'TimeoutError' || error.cause instanceof DOMException) return `no answer in ${timeout / 1000} s`;
  return error.message || (error.code ?? String(error));
}

import { spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { LiveEvent } from '../../src/model/live-event.ts';
import { until } from '../support/until.ts';

export interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly event: LiveEvent;
}

type Answer = (response: ServerResponse, got: Got) => void;

/** Somebody who is told: a server of 127.0.0.1 that writes down all that came, and answers as it is told to. */
export async function startReceiver({ port = 0, tls }: { port?: number; tls?: { cert: string; key: string } } = {}) {
  const all: Got[] = [];
  let answer: Answer = (response) => response.writeHead(204).end();
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const got = { headers: request.headers, body, event: JSON.parse(body) as LiveEvent };
    all.push(got);
    answer(response, got);
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => void take(request, response).catch(() => {});
  const server = tls ? createSecureServer(tls, handle) : createServer(handle);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  onTestFinished(stop);
  const got = (count: number) =>
    until(
      () => `${count} POSTs, not ${all.length}`,
      () => all.length >= count && all,
    );
  return {
    ...{ all, got, stop, port: (server.address() as AddressInfo).port },
    answers: (next: Answer) => {
      answer = next;
    },
  };
}

/** By another's code: `openssl dgst`. */
export function isSigned({ headers, body }: Got, secret: string): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const { stdout } = spawnSync('openssl', ['dgst', '-sha256', '-hmac', secret, '-binary'], { input: signed });
  return headers['webhook-signature'] === `v1,${stdout.toString('base64')}`;
}

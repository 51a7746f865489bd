import { request } from 'node:http';
import type { Json } from './json.ts';

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Address to ask from. */
  readonly from?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined when the text is no JSON. */
  readonly json: Json;
}

/** Asks a server of 127.0.0.1 over a connection of its own. */
export function ask(port: number, path: string, options: AskOptions = {}): Promise<ApiAnswer> {
  const { method = 'GET', headers = {}, body, from } = options;
  const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const type = sent === undefined ? {} : { 'content-type': 'application/json' };
  const asked = request({
    ...{ host: '127.0.0.1', port, path, method, localAddress: from, agent: false },
    headers: { ...type, ...headers },
  });
  asked.on('error', reject);
  asked.on('response', async (response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
  });
  asked.end(sent);
  return promise;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined as unknown as Json;
  }
}

import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { Secret } from '../../model/secret.ts';

/** JSON-RPC 2.0 over HTTP, as Kamailio’s module jsonrpcs speaks it. */
export interface Rpc {
  /** The result; rejects with a sentence: no connection, no answer in time, too much of one, no JSON, an error of the method. */
  call(method: string, params: readonly string[]): Promise<unknown>;
  close(): void;
}

export interface RpcOptions {
  /** `http://192.0.2.10:8090/RPC` */
  readonly url: string;
  readonly tls?: { readonly ca?: string; readonly server_name?: string };
  /** Basic, where somebody asks for it in front of Kamailio. */
  readonly user?: string;
  readonly password?: Secret;
  /** Milliseconds for one answer. */
  readonly patience: number;
  /** At a time: Kamailio's few TCP workers have phones to serve, too. */
  readonly connections: number;
}

/** The error of a method that Kamailio has, or has not. */
export class RpcError extends Error {}

const longestAnswer = 16 * 1024 * 1024;

/** Connections are kept: thousands of small questions follow each other. */
export function createRpc({ url, tls, user, password, patience, connections }: RpcOptions): Rpc {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  const kept = { keepAlive: true, maxSockets: connections };
  const agent = isSecure ? new SecureAgent({ ...kept, ca: tls?.ca, servername: tls?.server_name }) : new Agent(kept);
  const auth = user !== undefined && password ? { auth: `${user}:${Secret.reveal(password)}` } : {};
  let turn = 0;

  function post(body: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(patience);
    const asked = (isSecure ? secureRequest : request)(target, { ...auth, method: 'POST', agent, headers, signal });
    asked.on('error', (error) =>
      reject(new Error(signal.aborted ? `no answer within ${patience / 1_000} s` : error.message)),
    );
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length <= longestAnswer) parts.push(part);
        else asked.destroy(new Error('its answer is longer than 16 MiB'));
      });
      response.on('aborted', () => reject(new Error('its answer is cut off')));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        // The error of a method comes as 500, with its words in JSON.
        if (response.statusCode === 200 || /^\s*\{/.test(text)) resolve(text);
        else reject(new Error(`it answers HTTP ${response.statusCode}`));
      });
    });
    asked.end(body);
    return promise;
  }

  return {
    async call(method, params) {
      const id = ++turn;
      const text = await post(JSON.stringify({ jsonrpc: '2.0', method, params, id }));
      return resultOf(text, id);
    },
    close: () => agent.destroy(),
  };
}

/** Reads one answer; throws a sentence for what is none. */
export function resultOf(text: string, id: number): unknown {
  let answer: Partial<Record<string, unknown>>;
  try {
    answer = Object(JSON.parse(text));
  } catch {
    throw new Error('its answer is no JSON, or cut off');
  }
  if (answer.id !== id) throw new Error('its answer is to another question');
  const { code, message } = Object(answer.error);
  if (answer.error !== undefined) throw new RpcError(`${String(message).slice(0, 160)} (${Number(code)})`);
  if (answer.result === undefined) throw new Error('its answer has no result');
  return answer.result;
}

import { X509Certificate } from 'node:crypto';
import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface HttpQuestion {
  readonly protocol: 'http' | 'https';
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** As it stands in the request line. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for each step. */
  readonly patience?: number;
}

export type HttpAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
      readonly shown?: Shown;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** What was shown in the TLS handshake. */
export interface Shown {
  /** As the server sent it, its own first. */
  readonly chain: readonly X509Certificate[];
  /** Why nobody that this system trusts vouches for it; absent when somebody does. */
  readonly fault?: string;
}

const mostBytes = 64 * 1024 * 1024;

/** Asks once, on a connection of its own. Whatever certificate is shown is taken, and told. Never rejects. */
export function askHttp({ protocol, host, port, path, headers, patience = 5000 }: HttpQuestion): Promise<HttpAnswer> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
  const failed = (error: NodeJS.ErrnoException) => resolve({ kind: 'failed', reason: error.code ?? error.message });
  try {
    const options = { host, port, path, method: 'GET', headers, agent: false, timeout: patience };
    const tls = { rejectUnauthorized: false, servername: isIP(host) ? '' : host };
    const asked = protocol === 'http' ? requestHttp(options) : requestHttps({ ...options, ...tls });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
    asked.on('error', failed);
    asked.on('response', async (response) => {
      try {
        const shown = protocol === 'https' ? shownBy(response.socket as TLSSocket) : undefined;
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of response) {
          chunks.push(chunk as Buffer);
          size += (chunk as Buffer).length;
          if (size > mostBytes) break;
        }
        const { statusCode: status = 0, headers: told } = response;
        resolve({ kind: 'answered', status, headers: told, body: Buffer.concat(chunks), shown });
      } catch (error) {
        failed(error as NodeJS.ErrnoException);
      }
    });
    asked.end();
  } catch (error) {
    failed(error as NodeJS.ErrnoException);
  }
  return promise;
}

function shownBy(socket: TLSSocket): Shown {
  const chain: X509Certificate[] = [];
  let one = socket.getPeerCertificate(true);
  while (one?.raw && !chain.some(({ raw }) => raw.equals(one.raw))) {
    chain.push(new X509Certificate(one.raw));
    one = one.issuerCertificate;
  }
  return { chain, fault: socket.authorized ? undefined : String(socket.authorizationError ?? 'not trusted') };
}

import type { Listening } from './http/listen.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http/server.ts';
import { createTls, type TlsOptions } from './http/tls.ts';

/** How phones come in. */
export interface Approach {
  /** Absent: no HTTPS. */
  readonly tls?: TlsOptions;
  /** Addresses, and ranges of them, of who may say whose request it is. */
  readonly proxies: readonly string[];
}

export const noApproach: Approach = { proxies: [] };

/** The HTTPS server, which comes and goes with its certificate. */
export interface Https {
  /**
   * Begins, goes on with another certificate, or ends; connections that stand are not touched. Rejects with a sentence
   * when the port cannot be had, or OpenSSL does not take the certificate; then all is as before.
   */
  use(approach: Approach): Promise<Listening | undefined>;
  /** Lets answers under way finish. */
  stop(): Promise<void>;
}

interface Running {
  readonly server: HttpServer;
  readonly listening: Listening;
}

export function createHttps(options: Omit<HttpServerOptions, 'tls' | 'proxies' | 'path'>): Https {
  const ending = new Set<Promise<void>>();
  let { port } = options;
  let running: Running | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let stopped = false;

  async function change({ tls, proxies }: Approach): Promise<Listening | undefined> {
    if (stopped || tls === undefined) return end();
    demandUsable(tls);
    if (running === undefined) running = await begin(tls, proxies);
    else running.server.update({ tls, proxies });
    return running.listening;
  }

  async function begin(tls: TlsOptions, proxies: readonly string[]): Promise<Running> {
    const server = createHttpServer({ ...options, port, tls, proxies });
    const listening = await server.start();
    // Who was told a port finds it there again.
    port = listening.port;
    return { server, listening };
  }

  function end(): undefined {
    if (running === undefined) return;
    const ended = running.server.stop().finally(() => ending.delete(ended));
    ending.add(ended);
    running = undefined;
  }

  return {
    use(approach) {
      const changed = last.then(() => change(approach));
      last = changed.catch(() => {});
      return changed;
    },
    async stop() {
      stopped = true;
      await last;
      end();
      await Promise.all(ending);
    },
  };
}

/** Throws a sentence when OpenSSL does not take the certificate, the key or the authorities. */
export function demandUsable(tls: TlsOptions): void {
  try {
    createTls(tls, 0);
  } catch (error) {
    const reason = error instanceof Error && 'reason' in error ? error.reason : error;
    throw new Error(`cannot serve HTTPS with this certificate: ${reason}`, { cause: error });
  }
}

import type { Log } from '../log.ts';
import type { FetchFact } from '../model/fact.ts';
import type { Gate } from './access/admission.ts';
import { createHttpServer, type HttpServerOptions } from './http/server.ts';
import { type Approach, createHttps, noApproach } from './https.ts';
import type { Lookup } from './served.ts';
import { createTftpServer, type TftpServerOptions } from './tftp/server.ts';

export interface Listening {
  readonly address: string;
  readonly port: number;
}

/** Where the servers of one thread were told to be found. */
export interface Listenings {
  readonly http: Listening;
  readonly tftp: Listening;
  /** Absent while there is no certificate. */
  readonly https?: Listening;
}

export interface ServersOptions
  extends Pick<HttpServerOptions, 'identify' | 'pages' | 'api' | 'pass' | 'handOver' | 'uploads'> {
  readonly host: string;
  /** 0 for any that is free. */
  readonly httpPort: number;
  readonly tftpPort: number;
  /** 0, or absent: any that is free. */
  readonly httpsPort?: number;
  readonly lookup: Lookup;
  readonly gate?: Gate;
  readonly record: (fact: FetchFact) => void;
  readonly log: Log;
  /** Other threads listen on the same ports. */
  readonly reusePort?: boolean;
  readonly tftp?: Pick<TftpServerOptions, 'limits' | 'answerPorts' | 'batched'>;
}

/** What answers phones in one thread: TFTP, HTTP and HTTPS from one lookup, behind one gate. */
export interface Servers {
  /** Throws a sentence when a port cannot be had; then none of them listens. */
  start(approach?: Approach): Promise<Listenings>;
  /** From now on; where HTTPS is served then, if it is. Rejects with a sentence when it cannot be, and goes on as before. */
  use(approach: Approach): Promise<Listening | undefined>;
  /** Lets answers and transfers under way finish. */
  stop(): Promise<void>;
}

export function createServers(given: ServersOptions): Servers {
  const { httpPort, tftpPort, httpsPort = 0, tftp: more, ...options } = given;
  const tftp = createTftpServer({ ...options, ...more, port: tftpPort });
  const http = createHttpServer({ ...options, port: httpPort });
  const https = createHttps({ ...options, port: httpsPort });

  async function stop(): Promise<void> {
    await Promise.all([http.stop(), https.stop(), tftp.stop()]);
  }

  return {
    async start(approach = noApproach) {
      http.update({ proxies: approach.proxies });
      const listening = await http.start();
      try {
        const secure = await https.use(approach);
        return { http: listening, tftp: await tftp.start(), ...(secure && { https: secure }) };
      } catch (error) {
        await Promise.all([http.stop(), https.stop()]);
        throw error;
      }
    },
    async use(next) {
      http.update({ proxies: next.proxies });
      return https.use(next);
    },
    stop,
  };
}

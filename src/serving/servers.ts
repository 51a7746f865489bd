import type { Log } from '../log.ts';
import type { FetchFact } from '../model/fact.ts';
import type { Gate } from './access/admission.ts';
import { createHttpServer, type HttpServerOptions } from './http/server.ts';
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
}

export interface ServersOptions
  extends Pick<HttpServerOptions, 'identify' | 'pages' | 'pass' | 'handOver' | 'uploads'> {
  readonly host: string;
  /** 0 for any that is free. */
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly lookup: Lookup;
  readonly gate?: Gate;
  readonly record: (fact: FetchFact) => void;
  readonly log: Log;
  /** Other threads listen on the same ports. */
  readonly reusePort?: boolean;
  readonly tftp?: Pick<TftpServerOptions, 'limits' | 'answerPorts' | 'batched'>;
}

/** What answers phones in one thread: TFTP and HTTP from one lookup, behind one gate. */
export interface Servers {
  /** Throws a sentence when a port cannot be had; then neither of them listens. */
  start(): Promise<Listenings>;
  /** Lets answers and transfers under way finish. */
  stop(): Promise<void>;
}

export function createServers({ httpPort, tftpPort, tftp: more, ...options }: ServersOptions): Servers {
  const tftp = createTftpServer({ ...options, ...more, port: tftpPort });
  const http = createHttpServer({ ...options, port: httpPort });
  return {
    async start() {
      const listening = await http.start();
      try {
        return { http: listening, tftp: await tftp.start() };
      } catch (error) {
        await http.stop();
        throw error;
      }
    },
    async stop() {
      await Promise.all([http.stop(), tftp.stop()]);
    },
  };
}

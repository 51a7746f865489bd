import type { Log } from './log.ts';
import type { ApiSettings } from './model/api.ts';
import type { ApiDoor } from './serving/http/api-door.ts';
import { createHttpServer, type HttpServer } from './serving/http/server.ts';

export interface OwnPortOptions {
  readonly door: ApiDoor;
  readonly log: Log;
  /** Milliseconds from one try to the next; 10,000 when not given. */
  readonly every?: number;
}

/** What a site says of it. */
export interface OwnPortSite {
  readonly api?: Pick<ApiSettings, 'listen'>;
  readonly proxies?: readonly string[];
}

/** A port for the API alone, while devices.yml wants one. */
export interface OwnPort {
  /** Never rejects: what fails is said, and tried again. */
  follow(site: OwnPortSite): Promise<void>;
  stop(): Promise<void>;
}

interface Open {
  readonly place: string;
  readonly server: HttpServer;
}

const placeOf = ({ host, port }: NonNullable<ApiSettings['listen']>): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

export function createOwnPort({ door, log, every = 10_000 }: OwnPortOptions): OwnPort {
  let open: Open | undefined;
  let failure = '';
  let timer: NodeJS.Timeout | undefined;
  let working = Promise.resolve();

  async function close(): Promise<void> {
    const before = open;
    open = undefined;
    await before?.server.stop();
  }

  async function apply({ api, proxies = [] }: OwnPortSite): Promise<void> {
    const listen = api?.listen;
    const place = listen && placeOf(listen);
    if (open && open.place === place) return open.server.update({ proxies });
    await close();
    if (!listen || place === undefined) return;
    const server = createHttpServer({
      ...{ ...listen, proxies, log, api: () => door, handOver: () => true, identify: () => ({}), record: () => {} },
      lookup: () => ({ status: 404, reason: 'this port is for the API alone' }),
    });
    const { address, port } = await server.start();
    open = { place, server };
    log.info('serving', { protocol: 'api', address, port });
  }

  /** One after the other. */
  function follow(site: OwnPortSite): Promise<void> {
    clearTimeout(timer);
    working = working.then(async () => {
      try {
        await apply(site);
        failure = '';
      } catch (error) {
        const reason = (error instanceof Error ? error.message : String(error)).replace(
          '--http-port',
          '`api: { listen }`',
        );
        if (reason !== failure) log.error('the API cannot be served on a port of its own', { reason });
        failure = reason;
        timer = setTimeout(() => void follow(site), every).unref();
      }
    });
    return working;
  }

  return {
    follow,
    async stop() {
      clearTimeout(timer);
      await working;
      clearTimeout(timer);
      await close();
    },
  };
}

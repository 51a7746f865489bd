import { hostname } from 'node:os';
import type { Offered } from './api/routes.ts';
import type { Api } from './api/server.ts';
import type { Loaded } from './load.ts';
import type { Log } from './log.ts';
import type { ApiSettings } from './model/api.ts';
import type { AuditFact } from './model/fact.ts';
import type { Site } from './model/site.ts';
import { createOwnPort } from './own-port.ts';
import type { ApiDoor } from './serving/http/api-door.ts';
import { openTokens } from './state/tokens.ts';

export interface OfferingOptions {
  /** What routes are handed. */
  readonly offered: Offered;
  /** The state folder, absolute: tokens are in it. */
  readonly state: string;
  readonly audit: (fact: AuditFact) => void;
  readonly log: Log;
}

/** What people and their programs are offered: the API, on the phones' port or on one of its own. */
export interface Offering {
  /** For the phones' port. */
  door(): ApiDoor;
  /** Hears of each load, also of what is then rejected. */
  loaded(loaded: Pick<Loaded, 'site' | 'sources' | 'problems'>): void;
  /** Takes what an accepted site says of the API. */
  use(site: Site): Promise<void>;
  /** Ends what stands open, before the servers wait for it. */
  stop(): Promise<void>;
}

/** `unknown` until something was loaded that says it. */
type Known = ApiSettings | 'off' | 'unknown';

export function createOffering({ offered, state, audit, log }: OfferingOptions): Offering {
  const tokens = openTokens(state);
  let known: Known = 'unknown';
  let isAccepted = false;
  let api: Api | undefined;
  let making: Promise<Api> | undefined;
  let isStopped = false;
  const settings = () => (typeof known === 'object' ? known : undefined);
  const through = (isOpen: () => boolean): ApiDoor => ({
    isOpen: () => !isStopped && isOpen(),
    answer: (request, response, guest) => withApi(response, (made) => made.answer(request, response, guest)),
    upgrade: (request, socket, head, guest) => withApi(socket, (made) => made.upgrade(request, socket, head, guest)),
  });
  const own = createOwnPort({ door: through(() => known !== 'off'), log });
  const shared = through(() => known !== 'off' && settings()?.listen === undefined);

  /** Made when somebody asks for the first time: that takes longer than all else that a start does, and many ask never. */
  async function make(): Promise<Api> {
    const { createApi } = await import('./api/server.ts');
    api = await createApi({
      ...{ settings, offered, audit: record, log },
      tokenOf: (text) => tokens.find(text, Date.now()),
      names: () => [hostname(), offered.site()?.server.address ?? ''],
    });
    return api;
  }

  function withApi(line: { destroy(): unknown }, work: (api: Api) => void): void {
    if (api) {
      work(api);
      return;
    }
    making ??= make();
    making.then(work).catch((error: unknown) => {
      log.error('the API cannot be made', { reason: String(error) });
      line.destroy();
    });
  }

  function record(fact: AuditFact): void {
    audit(fact);
    const { at: _, before: __, after: ___, ...fields } = fact;
    log.info('API', fields);
  }

  return {
    door: () => shared,
    loaded({ site, sources, problems }) {
      // What was left out for a fault may be what keeps somebody out.
      const isWhole = !sources.leftOut?.some(([first]) => first === undefined || first === 'api');
      const isSound = isWhole && !problems.some(({ code }) => code === 'api');
      if (!isAccepted) known = isSound ? (site.api ?? 'off') : 'unknown';
    },
    async use(site) {
      isAccepted = true;
      known = site.api ?? 'off';
      await own.follow(site);
    },
    async stop() {
      isStopped = true;
      const made = await making?.catch(() => undefined);
      await made?.close();
      await own.stop();
    },
  };
}

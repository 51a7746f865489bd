import type { NotifyEvent } from '../../model/vendor.ts';
import { type BackOffOptions, createBackOff } from '../back-off.ts';
import { type Registration, toRegistration } from '../registration.ts';
import { createPresence, type Handed, type Intake, mostRegistrations, type Source } from '../source.ts';
import { aorsOf, contactsOf } from './location.ts';
import { handedOf, notifyParams } from './notify.ts';
import { createRpc, RpcError, type RpcOptions } from './rpc.ts';

export interface KamailioOptions extends Omit<RpcOptions, 'patience' | 'connections'> {
  readonly name: string;
  /** Of usrloc; `location` when not given. */
  readonly table?: string;
  /** Milliseconds between two readings. */
  readonly every?: number;
  /** Milliseconds that an answer is waited for. */
  readonly patience?: number;
  readonly backOff?: BackOffOptions;
  readonly now?: () => number;
}

/** Lookups that are under way at a time. */
const atOnce = 4;
/** Kamailio waits 30 s for a phone (fr_timer) before it says so. */
const waitForPhone = 40_000;

/**
 * The location table of Kamailio by JSON-RPC, read now and then: first who is registered (`ul.dump brief`), then each by
 * itself (`ul.lookup`). A whole dump of some thousand phones fills Kamailio's private memory and hangs, or is cut off.
 */
export function createKamailio(options: KamailioOptions, intake: Intake): Source {
  const { name, table = 'location', every = 30_000, patience = 15_000, now = Date.now } = options;
  const presence = createPresence(intake.changed, now);
  const backOff = createBackOff(options.backOff);
  const rpc = createRpc({ ...options, patience, connections: atOnce });
  // Silent phones are waited for: readings must not wait with them.
  const sending = createRpc({ ...options, patience: waitForPhone, connections: 32 });
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  async function read(): Promise<void> {
    timer = undefined;
    const begun = now();
    try {
      const aors = aorsOf(await rpc.call('ul.dump', ['brief']), table).slice(0, mostRegistrations);
      const found = await lookUp(aors);
      if (stopped) return;
      intake.snapshot(found);
      backOff.reset();
      presence.up();
      // A Kamailio that is slow to answer is not asked all the time.
      later(Math.max(every, 4 * (now() - begun)));
    } catch (error) {
      if (stopped) return;
      presence.down(`${options.url}: ${(error as Error).message.replace(/\p{Cc}+/gu, ' ').slice(0, 200)}`);
      later(backOff.next());
    }
  }

  function later(wait: number): void {
    timer = setTimeout(() => void read(), wait).unref();
  }

  async function lookUp(aors: readonly string[]): Promise<Registration[]> {
    const found: Registration[] = [];
    const left = aors.values();
    const work = async () => {
      for (const aor of left) {
        const result = await rpc.call('ul.lookup', [table, aor]).catch(goneSince);
        if (stopped) return;
        for (const claim of contactsOf(result, now())) {
          const registration = found.length < mostRegistrations ? toRegistration(claim, name) : undefined;
          if (registration) found.push(registration);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return found;
  }

  async function notify(registration: Registration, event: NotifyEvent): Promise<Handed> {
    const params = notifyParams(registration, event);
    if (!presence.state().up) return { outcome: 'unreachable', reason: `${name} is away` };
    try {
      return handedOf(await sending.call('tm.t_uac_wait', params), name);
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof RpcError)) return { outcome: 'unreachable', reason: `${name}: ${message}` };
      // A transport that cannot wait: then nobody says what the phone answers.
      if (/wait|async|delay/i.test(message)) return start(params);
      return { outcome: 'unreachable', reason: `${name} does not take it: ${message}` };
    }
  }

  async function start(params: readonly string[]): Promise<Handed> {
    return sending.call('tm.t_uac_start', params).then(
      () => ({ outcome: 'handed', reason: `${name} took it` }),
      (error: Error) => ({ outcome: 'unreachable', reason: `${name} does not take it: ${error.message}` }),
    );
  }

  return {
    ...{ name, kind: 'kamailio', state: presence.state, notify },
    ask() {
      if (!timer || !presence.state().up) return;
      clearTimeout(timer);
      void read();
    },
    start() {
      stopped = false;
      void read();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      rpc.close();
      sending.close();
    },
  };
}

/** It was registered a moment ago, and is no more. */
function goneSince(error: unknown): undefined {
  if (error instanceof RpcError && /not found|no contacts/i.test(error.message)) return undefined;
  throw error;
}

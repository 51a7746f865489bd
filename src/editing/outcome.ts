import type { BuildResult } from '../build.ts';
import type { PhoneNews } from '../model/edit.ts';
import type { NotifyFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import { formatPlace, isFatal } from '../problem.ts';
import type { Current } from '../state/current.ts';
import type { Whereabouts } from '../whereabouts.ts';

export interface OutcomesOptions {
  readonly current: Pick<Current, 'build' | 'device' | 'revision'>;
  readonly whereabouts: Pick<Whereabouts, 'isReachable'>;
  /** False: nobody is notified, whatever the files say. */
  readonly notify: boolean;
  /** Builds what the files say now; settles when that is over. */
  readonly rebuild: () => Promise<void>;
}

/** What becomes of a phone after its entry was changed. */
export interface Outcomes {
  /** From before the change on: hears of builds and of NOTIFYs until it is ended. */
  watch(mac: Mac): Watching;
  /** Hears of each build that is over, before anybody is told. */
  built(result: BuildResult): void;
  /** Hears of each NOTIFY that is over. */
  notified(fact: NotifyFact): void;
}

export interface Watching {
  /** After the change was written: waits for its build and its NOTIFY, and no longer than `patience` milliseconds. */
  news(patience: number): Promise<PhoneNews>;
  end(): void;
}

/** What one watches for. */
interface Watched {
  readonly mac: Mac;
  isTouched: boolean;
  result?: BuildResult;
  told(fact: NotifyFact): void;
}

export function createOutcomes({ current, whereabouts, notify, rebuild }: OutcomesOptions): Outcomes {
  const watched = new Set<Watched>();

  /** Why nobody tells the phone; undefined where somebody does. */
  function untold({ mac, isTouched, result }: Watched): string | undefined {
    const device = current.device(mac);
    const site = current.build()?.site;
    if (result && !result.accepted) {
      const fault = result.problems.find(isFatal);
      return `the build was refused (${fault && `${formatPlace(fault)} ${fault.message}`}); phones keep the files that they have`;
    }
    if (!device || !site) return 'the device has no files any more, and is not told';
    if (!notify || site.notify.mode !== 'auto')
      return 'nobody is notified here (notify: { mode: off }); it fetches by its own clock';
    if (!isTouched && result?.pinOf(mac))
      return 'it keeps the files of an earlier revision for now: a pin, or a rollout that is under way';
    if (!isTouched) return 'none of its files changed';
    if (!whereabouts.isReachable(device, site)) return 'nobody knows where it is yet; it fetches when it starts';
    return undefined;
  }

  return {
    watch(mac) {
      const { promise, resolve } = Promise.withResolvers<NotifyFact>();
      const facts: NotifyFact[] = [];
      const one: Watched = {
        ...{ mac, isTouched: false },
        told(fact) {
          facts.push(fact);
          // One that was under way when the files changed is of the revision before.
          if (one.isTouched && fact.revision === current.revision(mac)) resolve(fact);
        },
      };
      watched.add(one);
      return {
        async news(patience) {
          const end = Date.now() + patience;
          const isBuilt = await within(
            patience,
            rebuild().then(
              () => true,
              () => undefined,
            ),
          );
          if (!isBuilt) return { phone: 'pending', message: 'the files are built anew; the phone is told afterwards' };
          const why = untold(one);
          if (why !== undefined) return { phone: 'untold', message: why };
          const known = facts.find(({ revision }) => revision === current.revision(mac));
          const fact = known ?? (await within(Math.max(0, end - Date.now()), promise));
          return fact
            ? newsOf(fact)
            : { phone: 'pending', message: 'the phone is being told; it has not answered yet' };
        },
        end: () => void watched.delete(one),
      };
    },
    built(result) {
      for (const one of watched) {
        one.result = result;
        if (result.accepted) one.isTouched ||= result.touched.some(({ device }) => device.mac === one.mac);
      }
    },
    notified(fact) {
      // One that somebody asked for is not that of a change.
      if (fact.cause !== 'change') return;
      for (const one of watched) if (one.mac === fact.device) one.told(fact);
    },
  };
}

function newsOf({ outcome, status = 0, reason, event }: NotifyFact): PhoneNews {
  const because = reason === undefined ? '' : ` (${reason})`;
  if (outcome === 'handed') return { phone: 'told', message: `a PBX tells the phone (${event})` };
  if (outcome === 'answered' && status >= 200 && status < 300)
    return { phone: 'told', message: `the phone was told (${event}) and answered ${status}` };
  if (outcome === 'answered') return { phone: 'untold', message: `the phone refused the NOTIFY: ${status}${because}` };
  return {
    phone: 'untold',
    message: outcome === 'silent' ? `the phone did not answer${because}` : `the phone cannot be reached${because}`,
  };
}

/** Undefined when it takes longer. */
async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, milliseconds, undefined);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

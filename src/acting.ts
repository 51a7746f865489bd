import { setTimeout as pause } from 'node:timers/promises';
import type { Offered } from './api/routes.ts';
import { dhcpWords } from './dhcp-words.ts';
import type { Device } from './model/device.ts';
import { isFatal, type Problem } from './problem.ts';
import { cutSecrets } from './render/cut.ts';
import { createRenderer } from './render/render.ts';
import { shownText } from './render/shown.ts';
import { NoWayBack, openDeviceRevisions, pickRevision, readAsWritten } from './rollback/revisions.ts';
import { type Step, stepsOf } from './rollback/steps.ts';
import type { Current } from './state/current.ts';
import type { Pins } from './state/pins.ts';
import { readRollout } from './state/rollout-report.ts';
import { isWishWaiting, type RolloutWish, readTrials, takeRolloutWish, wishRollout } from './state/trials.ts';
import { readFilesOf } from './state/written.ts';

export interface ActingOptions {
  readonly current: Pick<Current, 'build'>;
  readonly pins: Pick<Pins, 'all' | 'pin' | 'unpin'>;
  /** Somebody else's files are to be built now. */
  readonly rebuild: () => void;
  /** Folders, absolute. */
  readonly out: string;
  readonly state: string;
  /** Milliseconds until somebody takes up a wish; 30,000 when not given. */
  readonly patience?: number;
}

/** What the API does that verbs of the command line do, and by the same functions. */
export interface Acting {
  readonly offered: Pick<
    Offered,
    'pins' | 'rollBack' | 'release' | 'fileText' | 'rollouts' | 'decideRollouts' | 'dhcp'
  >;
  /** Hears of each load. */
  loaded(loaded: { readonly problems: readonly Problem[] }): void;
}

export function createActing({ current, pins, rebuild, patience = 30_000, ...folders }: ActingOptions): Acting {
  const { state, out } = folders;
  const renderer = createRenderer();
  let faults: readonly Problem[] = [];
  let deciding: Promise<unknown> = Promise.resolve();

  function act(device: Device, wanted: { readonly to?: string; readonly reason?: string }, isDry = false) {
    const site = current.build()?.site;
    if (!site) throw new Error('nothing was built yet');
    if (faults.length > 0) return { refused: 'faults' as const, message: 'there is no build with faults', faults };
    try {
      const [step] = stepsOf([device], { ...folders, ...wanted, rendering: renderer(site), withSecrets: true });
      if (step && !isDry) take(step);
      return { step };
    } catch (error) {
      if (error instanceof NoWayBack) return { refused: 'conflict' as const, message: error.message };
      throw error;
    }
  }

  function take({ device, pin }: Step): void {
    if (pin) pins.pin([pin]);
    else pins.unpin([device.mac]);
    rebuild();
  }

  /** Whether the daemon took it up in time. */
  async function isTaken(): Promise<boolean> {
    for (const end = Date.now() + patience; isWishWaiting(state) && Date.now() < end; ) await pause(50);
    return !isWishWaiting(state);
  }

  async function decide(word: RolloutWish['word']): ReturnType<Offered['decideRollouts']> {
    const meantNow = () =>
      readTrials(state).filter(({ stopped, released }) => !released && !(word === 'stop' && stopped));
    // First that of somebody else, on the command line.
    if (meantNow().length > 0) await isTaken();
    const meant = meantNow();
    if (meant.length === 0) return [];
    wishRollout(state, { word, began: meant.map(({ began }) => began) });
    if (await isTaken()) return meant;
    takeRolloutWish(state);
    return undefined;
  }

  return {
    offered: {
      pins: () => pins.all().values(),
      rollBack: (device, { dryRun, ...wanted }) => act(device, wanted, dryRun),
      release: (device) => act(device, {}),
      fileText: (device, name, revision) => fileText(device, { name, revision, ...folders }),
      rollouts: () => readRollout(folders),
      decideRollouts(word) {
        const decided = deciding.then(() => decide(word));
        deciding = decided.catch(() => {});
        return decided;
      },
      dhcp: (site, wanted) => dhcpWords(site, { ...wanted, showTokens: false }),
    },
    loaded({ problems }) {
      faults = problems.filter(isFatal);
    },
  };

  function fileText(
    { mac, vendor, model }: Device,
    { name, revision: word = 'current' }: { readonly name: string; readonly revision?: string },
  ): ReturnType<Offered['fileText']> {
    const isIt = ({ path }: { readonly path: string }) => path.toLowerCase() === name.toLowerCase();
    const opened = openDeviceRevisions(folders);
    try {
      const known = opened.of({ mac, vendor, model });
      const revision = pickRevision(word, known);
      const own = known.files(revision)?.find(isIt);
      if (own) return own.cut ? { text: shownText(own.cut) } : { refused: 'conflict', message: notKept(own.path) };
      const isNow = revision === known.current;
      const shared = isNow ? readFilesOf({ mac, vendor, model }, { folder: state, out }).shared.find(isIt) : undefined;
      if (!shared) return undefined;
      const bytes = readAsWritten(out, shared);
      if (!bytes) return { refused: 'conflict', message: notKept(shared.path) };
      return { text: shownText(cutSecrets({ bytes, secrets: shared.secrets }, [])) };
    } catch (error) {
      if (error instanceof NoWayBack) return { refused: 'missing', message: error.message };
      throw error;
    } finally {
      opened.close();
    }
  }
}

const notKept = (path: string): string =>
  `the text of ${path} is not kept, or what stands there is not what was written, and may hold secrets`;

import { formatMac, type Mac } from '../model/mac.ts';
import { commitOf, headOf, isAncestor, isClean } from '../source/git.ts';
import { type Built, builtIn } from '../state/built.ts';
import type { FleetDevice } from '../state/fleet.ts';
import { ago } from '../state/judge.ts';
import type { Pin } from '../state/pins.ts';
import type { Place } from './command.ts';

/** How far it is: `done` may be said, `failed` will not come to be by itself, the others are waited for, with what for. */
export type Progress =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'waiting'; readonly why: string };

const done: Progress = { kind: 'done' };
const failed = (why: string): Progress => ({ kind: 'failed', why });
const waiting = (why: string): Progress => ({ kind: 'waiting', why });

type Where = Pick<Place, 'dir' | 'out' | 'state'>;

/**
 * The commit that is waited for: the one that is named, else HEAD of a project that nothing differs from; undefined when
 * it is none.
 * @throws Error with a sentence for a name that is no commit
 */
export async function wantedCommit(named: string | undefined, { dir, out, state }: Where): Promise<string | undefined> {
  if (named === undefined) return (await isClean(dir, [out, state])) ? headOf(dir) : undefined;
  const whole = await commitOf(dir, named);
  if (whole !== undefined) return whole;
  if (/^[0-9a-f]{7,64}$/i.test(named)) return named.toLowerCase();
  throw new Error(
    `--commit is "${named}", which is no commit that is known in ${dir}; wanted its hash, at least 7 digits of it`,
  );
}

export interface Looked {
  readonly devices: readonly FleetDevice[];
  readonly pins: ReadonlyMap<Mac, Pin>;
  /** How often pins were changed. */
  readonly changes: number;
}

export interface WaitingFor {
  /** Whether the daemon has built the commit, or a newer one: asked before devices are looked at. */
  built(now: number): Promise<Progress>;
  /** Whether devices have what they are meant to have, and that is what git says. */
  devices(looked: Looked): Progress;
}

export function createWaiting(commit: string | undefined, { dir, state }: Where): WaitingFor {
  const known = new Map<string, boolean>();
  async function has(built: string): Promise<boolean> {
    const found = known.get(built) ?? (built.startsWith(commit ?? '') || (await isAncestor(dir, commit ?? '', built)));
    known.set(built, found);
    return found;
  }
  return {
    async built(now) {
      if (commit === undefined) return done;
      const all = builtIn(state);
      const accepted = all.findLast((one) => one.accepted && one.commit !== undefined);
      if (accepted?.commit && (await has(accepted.commit))) return done;
      const rejected = all.findLast((one) => !one.accepted && one.commit !== undefined);
      const short = commit.slice(0, 12);
      if (rejected?.commit && rejected.at > (accepted?.at ?? 0) && (await has(rejected.commit)))
        return failed(
          `the daemon rejected ${rejected.commit.slice(0, 12)} ${ago(rejected.at, now)}: ${rejected.reason ?? 'it has faults'}`,
        );
      if (accepted?.commit)
        return waiting(
          `the daemon has not built ${short}; its last commit was ${accepted.commit.slice(0, 12)}, ${ago(accepted.at, now)}`,
        );
      return waiting(notBuilt(short, all.at(-1), now));
    },
    devices(looked) {
      const pinned = pinProgress(looked);
      if (pinned) return pinned;
      const last = builtIn(state).findLast(({ accepted }) => accepted);
      if (last && last.pins !== looked.changes) return waiting('devices that are pinned no more are built');
      if (looked.devices.length === 0) return waiting('');
      return looked.devices.every(({ state }) => state === 'current') ? done : waiting('');
    },
  };
}

function notBuilt(short: string, last: Built | undefined, now: number): string {
  if (!last)
    return `the daemon has not built ${short}, nor anything that it wrote down: does it run, with this --state?`;
  return `the daemon has not built ${short}: what it built ${ago(last.at, now)} differs from every commit, or it has no git`;
}

function pinProgress({ devices, pins }: Looked): Progress | undefined {
  const pinned = devices.flatMap(({ mac }) => pins.get(mac) ?? []);
  const of = (cause: Pin['cause']) => pinned.find((pin) => pin.cause === cause);
  const [canary, person] = [of('canary'), of('person')];
  if (canary)
    return failed(
      `the rollout stopped: ${formatMac(canary.device)} went back to ${canary.revision}${reasonOf(canary)}`,
    );
  if (person) {
    const mac = formatMac(person.device);
    return failed(`${mac} is pinned to ${person.revision}${reasonOf(person)}: \`offhook rollback ${mac} --release\``);
  }
  return pinned.length > 0 ? waiting(`${pinned.length} are held back until canaries are well`) : undefined;
}

const reasonOf = ({ reason }: Pin): string => (reason === undefined ? '' : ` (${reason})`);

import { ago as agoWords } from '../model/duration.ts';
import type { Needs } from '../model/needs.ts';
import { lastWhole, type NotifySeen, type Standing, type Trouble, type Whole } from './standing.ts';

/** In the order in which a device goes through them when all is well, then what keeps it from that. */
export const states = [
  'unseen',
  'pending',
  'notified',
  'fetching',
  'current',
  'stale',
  'stuck',
  'unreachable',
] as const;
export type State = (typeof states)[number];

export interface Verdict {
  readonly state: State;
  /** For a person; parts of it may come from the network. Made when asked for: counting needs none. */
  readonly reason: () => string;
}

export interface Case {
  readonly wanted: { readonly revision: string; readonly at: number; readonly needs: Needs };
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How long a phone may be silent, in milliseconds, before somebody should look. */
export const patience = {
  /** From an answer to a NOTIFY to the first fetch: phones wait for the end of a call, and reboot. */
  notified: 10 * 60_000,
  /** From one file to the next. */
  fetching: 2 * 60_000,
  /** From a refusal to a fetch that goes well: a challenge is followed by credentials at once. */
  refused: 60_000,
} as const;
/** Answered NOTIFYs, after which no fetch is no chance any more. */
export const mostAnswered = 3;

/** Where a device stands, and why. Pure: the same facts and the same time give the same words. */
export function judge(standing: Standing, { wanted, now }: Case): Verdict {
  const { wholes } = standing;
  const got = wholes.filter(({ revision, at }) => revision === wanted.revision && at >= wanted.at);
  const open = wanted.needs.filter((names) => !got.some(({ file }) => names.includes(file)));
  if (open.length === 0 && got.length > 0)
    return say('current', () => `fetched all of it ${ago(lastWhole(got)?.at ?? 0, now)}`);
  const told = standing.notifies.filter(({ at }) => at >= wanted.at);
  const facts = { standing, wanted, now, got: lastWhole(got), open, told };
  if (wholes.length === 0) return say('unseen', () => unseenReason(facts));
  return refusedVerdict(facts) ?? fetchingVerdict(facts) ?? staleVerdict(facts) ?? toldVerdict(facts);
}

interface Found extends Case {
  readonly standing: Standing;
  /** The last file that it has of the wanted revision. */
  readonly got: Whole | undefined;
  /** What it still needs. */
  readonly open: Needs;
  /** NOTIFYs since the revision was built, newest first. */
  readonly told: readonly NotifySeen[];
}

const say = (state: State, reason: () => string): Verdict => ({ state, reason });

function unseenReason({ standing, told, now }: Found): string {
  const { refused, missing } = standing;
  const trouble = refused && missing && missing.at > refused.at ? missing : (refused ?? missing);
  if (trouble) return `has never fetched; asked ${ago(trouble.at, now)}: ${troubleWords(trouble)}`;
  const [last] = told;
  return last ? `has never fetched; told ${ago(last.at, now)}: ${notifyWords(last)}` : 'has never asked for anything';
}

/** It asked since then, and nothing good came of it. */
function refusedVerdict({ standing, wanted, now }: Found): Verdict | undefined {
  const { refused, wholes } = standing;
  if (!refused || refused.at < wanted.at || refused.at <= (lastWhole(wholes)?.at ?? 0)) return undefined;
  if (now - refused.at < patience.refused) return undefined;
  return say('stuck', () => `asked ${ago(refused.at, now)}: ${troubleWords(refused)}`);
}

function fetchingVerdict({ standing, wanted, now, got, open, told }: Found): Verdict | undefined {
  if (!got || (told[0] && told[0].at > got.at)) return undefined;
  const { needs } = wanted;
  const words = () => `fetched ${needs.length - open.length} of ${needs.length} files, the last ${ago(got.at, now)}`;
  if (now - got.at < patience.fetching) return say('fetching', words);
  // One that it has and one of before: somebody serves it old files.
  if ((lastWhole(standing.wholes)?.at ?? 0) > got.at) return undefined;
  const missing = () => open.map((names) => names.join(' or ')).join(', ');
  return say(
    'stuck',
    () => `${words()}; did not fetch ${missing().replaceAll('{mac}', standing.wanted?.device ?? '')}`,
  );
}

function staleVerdict({ standing, wanted, now, told }: Found): Verdict | undefined {
  const last = lastWhole(standing.wholes);
  if (!last || last.at < wanted.at || last.revision === wanted.revision) return undefined;
  if (told[0] && told[0].at > last.at) return undefined;
  return say('stale', () => `fetched ${last.revision} ${ago(last.at, now)}, which is not what it is meant to have`);
}

function toldVerdict({ standing, wanted, now, told }: Found): Verdict {
  const [last] = told;
  if (!last) return say('pending', () => `changed ${ago(wanted.at, now)}; nobody has told it yet`);
  const times = told.length > 1 ? `, ${told.length} times` : '';
  const words = () => `told ${ago(last.at, now)}${times}: ${notifyWords(last)}`;
  if (last.outcome === 'silent' || last.outcome === 'unreachable') return say('unreachable', words);
  if (!isTaken(last)) return say('stuck', words);
  const isLate = now - last.at >= patience.notified || told.filter(isTaken).length >= mostAnswered;
  if (!isLate) return say('notified', () => `${words()}; has not fetched yet`);
  const asked = standing.missing && standing.missing.at >= wanted.at ? standing.missing : undefined;
  const found = asked
    ? `it asked for something else: ${troubleWords(asked)}`
    : 'it has not asked since: look at its provisioning server address, and whether it can reach this one';
  return say('stuck', () => `${words()}; ${found}`);
}

/** A PBX that took it does not say what the phone answered. */
export const isTaken = ({ outcome, status = 0 }: Pick<NotifySeen, 'outcome' | 'status'>): boolean =>
  outcome === 'handed' || (outcome === 'answered' && status >= 200 && status < 300);

function notifyWords({ target, outcome, status, reason }: NotifySeen): string {
  const where = target ? ` at ${target}` : '';
  if (outcome === 'silent') return `no answer${where}`;
  if (outcome === 'unreachable') return reason ?? `unreachable${where}`;
  if (outcome === 'handed') return `a PBX took the NOTIFY${where}`;
  return `answered ${[status, reason].filter((part) => part !== undefined).join(' ')}${where}`;
}

function troubleWords({ path, status, complete, reason }: Trouble): string {
  const what = status < 400 && !complete ? 'cut off' : `refused with ${status}`;
  return `${path} was ${status === 404 ? 'not found' : what}${reason ? ` (${reason})` : ''}`;
}

/** `5 min ago`, `3 d ago`; both are milliseconds since 1970. */
export const ago = (at: number, now: number): string => (at === 0 ? 'before the journal began' : agoWords(now - at));

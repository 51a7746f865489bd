import { isExamined } from '../model/examination.ts';
import type { FetchFact, NotifyFact, ReturnFact, RevisionFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import { nameInNeeds } from '../model/needs.ts';

/** Of a fetch what its device's state depends on. */
export type FetchSeen = Pick<
  FetchFact,
  'at' | 'address' | 'firmware' | 'method' | 'path' | 'file' | 'status' | 'complete' | 'revision' | 'reason'
> & { readonly device?: Mac };

export type NotifySeen = Pick<NotifyFact, 'at' | 'device' | 'target' | 'outcome' | 'status' | 'reason'>;

/** The last time that a device fetched a file of its own as a whole. */
export interface Whole {
  /** As needs name it. */
  readonly file: string;
  readonly at: number;
  readonly revision: string;
}

/** The last fetch that came to nothing. */
export type Trouble = Pick<FetchFact, 'at' | 'path' | 'status' | 'complete' | 'reason'>;

/**
 * What is kept of a device: for each kind of fact the last by its own time, so that it does not matter in which order they
 * are told. Of two at one instant a fixed one counts.
 */
export interface Standing {
  wanted?: RevisionFact;
  wholes: Whole[];
  /** The last few, newest first. */
  notifies: NotifySeen[];
  /** Refused or cut off. */
  refused?: Trouble;
  /** A name that is not there: every phone asks for some. */
  missing?: Trouble;
  place?: { readonly at: number; readonly address: string };
  firmware?: { readonly at: number; readonly text: string };
  returned?: Pick<ReturnFact, 'at' | 'revision'>;
}

export const emptyStanding = (): Standing => ({ wholes: [], notifies: [] });

/** More say nothing more of a phone. */
const mostNotifies = 8;

/** Whether an answer leaves the phone with the whole file as it is now: sent, or had already (304). Parts say nothing of the rest. */
export const isWhole = ({ method, status, complete }: Pick<FetchSeen, 'method' | 'status' | 'complete'>): boolean =>
  complete && (status === 200 || status === 304) && (method === 'GET' || method === 'RRQ');

export function addRevision(standing: Standing, fact: RevisionFact): void {
  if (isLater(fact, standing.wanted, wantedText)) standing.wanted = fact;
}

export function addReturn(standing: Standing, { at, revision }: ReturnFact): void {
  const fact = { at, revision: sameText(standing, revision) };
  if (isLater(fact, standing.returned, wholeText)) standing.returned = fact;
}

export function addNotify(standing: Standing, fact: NotifySeen): void {
  const { at, device, target, outcome, status, reason } = fact;
  const kept = { at, device, target, outcome, status, reason };
  const before = standing.notifies.findIndex((other) => isLater(kept, other, notifyText));
  standing.notifies.splice(before < 0 ? standing.notifies.length : before, 0, kept);
  if (standing.notifies.length > mostNotifies) standing.notifies.pop();
}

/** What a phone sends (PUT, POST), a look (HEAD) and an examination are no fetches. */
export function addFetch(standing: Standing, fact: FetchSeen, intern: (text: string) => string): void {
  const { at, device, method, file, revision, status, complete, address, firmware } = fact;
  if (device === undefined || (method !== 'GET' && method !== 'RRQ') || isExamined(fact)) return;
  if (status >= 400 || !complete) {
    addTrouble(standing, fact);
    return;
  }
  if (file === undefined || revision === undefined || !isWhole(fact)) return;
  const whole = { file: intern(nameInNeeds(file, device)), at, revision: sameText(standing, revision) };
  const index = standing.wholes.findIndex((one) => one.file === whole.file);
  if (index < 0) standing.wholes.push(whole);
  else if (isLater(whole, standing.wholes[index], wholeText)) standing.wholes[index] = whole;
  if (isLater({ at, address }, standing.place, (place) => place.address)) standing.place = { at, address };
  if (firmware !== undefined && isLater({ at, text: firmware }, standing.firmware, ({ text }) => text))
    standing.firmware = { at, text: intern(firmware) };
}

function addTrouble(standing: Standing, { at, path, status, complete, reason }: FetchSeen): void {
  const kind = status === 404 ? 'missing' : 'refused';
  const trouble = { at, path, status, complete, reason };
  if (isLater(trouble, standing[kind], troubleText)) standing[kind] = trouble;
}

/** One text for what is the same revision nearly always. */
function sameText({ wanted, wholes }: Standing, revision: string): string {
  if (wanted?.revision === revision) return wanted.revision;
  return wholes.find((whole) => whole.revision === revision)?.revision ?? revision;
}

function isLater<T extends { readonly at: number }>(one: T, other: T | undefined, textOf: (fact: T) => string) {
  if (other === undefined) return true;
  return one.at === other.at ? textOf(one) > textOf(other) : one.at > other.at;
}

/** The last of files; of two at one instant a fixed one. */
export function lastWhole(wholes: readonly Whole[]): Whole | undefined {
  let last: Whole | undefined;
  for (const whole of wholes) if (isLater(whole, last, wholeText)) last = whole;
  return last;
}

const wantedText = ({ revision = '', files = '' }: RevisionFact) => `${revision} ${files}`;
const wholeText = ({ revision }: Pick<Whole, 'revision'>) => revision;
const troubleText = ({ path, status, complete, reason }: Trouble) => `${status} ${complete} ${path} ${reason}`;
const notifyText = ({ outcome, status, target, reason }: NotifySeen) => `${outcome} ${status} ${target} ${reason}`;

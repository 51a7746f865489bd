import type { RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';
import type { Log } from '../log.ts';
import type { FetchFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { PnpSettings } from '../model/pnp.ts';
import { cutUserAgent } from '../model/user-agent.ts';
import { parseCSeq } from '../sip/cseq.ts';
import { headerOf, type Request, type Response } from '../sip/message.ts';
import { type Address, branchCookie } from '../sip/notify-request.ts';
import { parseMessage } from '../sip/parse.ts';
import { type ProfileRequest, readProfileRequest } from '../sip/profile.ts';
import { type Profile, profileNotify } from '../sip/profile-notify.ts';
import { replyAddress, respond } from '../sip/respond.ts';
import { parseUri } from '../sip/uri.ts';
import { viasOf } from '../sip/via.ts';
import { writeMessage } from '../sip/write.ts';
import { createGroup, type Group } from './group.ts';
import { createBudget, createHeard, createUnderWay } from './heard.ts';

/** What a device is told that asks from this address, or why it is told nothing; undefined: there is no such device. */
export type ProfileOf = (mac: Mac, address: string) => Profile | Untold | undefined;

export interface Untold {
  readonly untold: string;
  readonly refusal?: FetchFact['refusal'];
}

/** How a NOTIFY ended: the response, or in words why there is none. */
export type NotifyEnding = Response | string;

/** Sends from an address of this machine's own: nothing can be sent from the group's. */
export interface Wire {
  /** Where answers from this target come to. Throws the system's error: no route. */
  localFor(target: Address): Address;
  send(bytes: Uint8Array, target: Address): void;
  /** Sends a request, again while nothing comes, and gives its end; never rejects. `branch` with its cookie. */
  request(outgoing: {
    readonly bytes: Uint8Array;
    readonly branch: string;
    readonly target: Address;
  }): Promise<NotifyEnding>;
  /** A token that nobody can guess: letters and digits. */
  random(): string;
}

export interface PnpOptions {
  readonly profileOf: ProfileOf;
  readonly wire: Wire;
  /** One for every request, with what came of it: as a fetch, method SUBSCRIBE. */
  readonly record: (fact: FetchFact) => void;
  readonly log: Log;
  readonly now?: () => number;
}

/** Tells phones fresh from their box where their files are (SIP PnP): those of devices.yml, and no others. */
export interface Pnp {
  /** What a new build wants; resolves when it is so. Absent: nobody is listened for. */
  use(settings: PnpSettings | undefined): Promise<void>;
  /** Settled when nothing is under way that it began. */
  stop(): Promise<void>;
}

/** A request that is answered. */
interface Known {
  readonly request: Request;
  readonly asked: ProfileRequest;
  readonly source: Address;
  readonly key: string;
  readonly profile: Profile;
  readonly mac: Mac;
}

/** Datagrams a second that are looked at. */
const perSecond = 1000;
/** Of those the ones that are written down though nobody knows their MAC: anybody can make up more. */
const strangersPerSecond = 50;
const mostAtOnce = 2000;
/** Between two lines in the log about what was no request. */
const quietMs = 60_000;

export function createPnp({ profileOf, wire, record, log, now = Date.now }: PnpOptions): Pnp {
  const heard = createHeard(now);
  const isBorne = createBudget(perSecond, now);
  const isStrangerBorne = createBudget(strangersPerSecond, now);
  const underWay = createUnderWay(mostAtOnce);
  const open = new Set<Promise<void>>();
  const odd = { count: 0, saidAt: Number.NEGATIVE_INFINITY };
  let current: { readonly settings: PnpSettings; readonly group: Group } | undefined;
  let turn = Promise.resolve();

  function receive(datagram: Uint8Array, from: RemoteInfo): void {
    const reason = attempt(datagram, { address: from.address, port: from.port });
    if (reason !== undefined) note(reason, from);
  }

  /** Why it was not answered, when it was none that is. */
  function attempt(datagram: Uint8Array, source: Address): string | undefined {
    try {
      if (!isBorne()) return 'more requests than are looked at';
      const message = parseMessage(datagram);
      if (message.kind === 'refusal') return message.reason;
      return message.kind === 'request' ? take(message, source) : 'an answer to nothing that was asked';
    } catch (error) {
      return `a fault of offhook: ${error}`;
    }
  }

  /** Anybody can send anything: a line a minute, with how many there were. */
  function note(reason: string, { address }: { readonly address: string }): void {
    odd.count++;
    if (now() < odd.saidAt + quietMs) return;
    log.warn('by multicast came what is not answered', { reason, from: address, count: odd.count });
    odd.count = 0;
    odd.saidAt = now();
  }

  function take(request: Request, source: Address): string | undefined {
    const key = keyOf(request, source);
    const before = heard.answerTo(key);
    if (before) {
      if (before.bytes) wire.send(before.bytes, replyAddress(request, source));
      return undefined;
    }
    const asked = readProfileRequest(request);
    if ('kind' in asked) return asked.reason;
    const { mac } = asked;
    const profile = mac === undefined ? undefined : profileOf(mac, source.address);
    if (mac !== undefined && profile && 'url' in profile) {
      answer({ request, asked, source, key, profile, mac });
      return undefined;
    }
    const untold = profile && 'untold' in profile ? profile : undefined;
    // What was not written down is, when the phone asks again.
    if (!untold && !isStrangerBorne()) return 'more phones of no devices.yml than are written down';
    heard.remember(key);
    record({ ...factOf(request, asked, source), at: now(), ...refusalOf(mac, untold) });
    return undefined;
  }

  function answer({ key, ...known }: Known): void {
    const { request, source, mac } = known;
    const tag = wire.random();
    const at = now();
    const local = wire.localFor(source);
    const contact = { name: 'Contact', value: `<sip:offhook@${local.address}:${local.port}>` };
    const headers = [{ name: 'Expires', value: '0' }, contact];
    const bytes = writeMessage(respond(request, source, { status: 200, reason: 'OK', tag, headers }));
    heard.remember(key, bytes);
    wire.send(bytes, replyAddress(request, source));
    // A phone that asks again before it was told is told once.
    if (!underWay.take(mac)) return;
    const told = tell(known, { tag, local, at }).finally(() => {
      underWay.release(mac);
      open.delete(told);
    });
    open.add(told);
  }

  async function tell(
    { request, asked, source, profile }: Omit<Known, 'key'>,
    { tag, local, at }: { readonly tag: string; readonly local: Address; readonly at: number },
  ): Promise<void> {
    const fact = { ...factOf(request, asked, source), at, status: 200 };
    try {
      const branch = wire.random();
      const notify = profileNotify({ subscribe: request, asked, profile, tag, local, branch, userAgent: 'offhook' });
      const target = targetOf(asked, source);
      const outgoing = { bytes: writeMessage(notify), branch: `${branchCookie}${branch}`, target };
      const reason = complaint(await wire.request(outgoing));
      const complete = reason === undefined;
      record({ ...fact, bytes: notify.body.length, complete, reason, duration: now() - at });
    } catch (error) {
      record({ ...fact, reason: `the NOTIFY could not be sent: ${error}`, duration: now() - at });
    }
  }

  async function change(settings: PnpSettings | undefined): Promise<void> {
    if (JSON.stringify(settings) === JSON.stringify(current?.settings)) return;
    await current?.group.close();
    current = undefined;
    if (settings === undefined) return;
    const group = createGroup({ settings, receive, log });
    current = { settings, group };
    await group.open();
  }

  const use: Pnp['use'] = (settings) => {
    turn = turn.then(() => change(settings));
    return turn;
  };

  return {
    use,
    async stop() {
      await use(undefined);
      await Promise.all(open);
    },
  };
}

function refusalOf(mac: Mac | undefined, untold: Untold | undefined) {
  if (untold) return { status: 403, complete: true, reason: untold.untold, refusal: untold.refusal };
  return { status: 404, complete: true, reason: mac ? 'no device of devices.yml has this MAC' : 'it says no MAC' };
}

/** What makes two requests one (RFC 3261 section 17.2.3); the Call-ID too, for phones whose branches repeat. */
function keyOf(request: Request, { address, port }: Address): string {
  const branch = viasOf(request)[0]?.parameters.get('branch') ?? '';
  const cseq = parseCSeq(headerOf(request, 'CSeq') ?? '')?.number;
  return `${address}:${port} ${branch} ${cseq} ${headerOf(request, 'Call-ID')}`;
}

/** The phone's own host alone: a Contact may name anybody. */
function targetOf({ contact }: ProfileRequest, source: Address): Address {
  const uri = parseUri(contact);
  if (uri === undefined || isIP(uri.host) === 0 || uri.host !== source.address) return source;
  return { address: source.address, port: uri.port ?? 5060 };
}

function complaint(ending: NotifyEnding): string | undefined {
  if (typeof ending === 'string') return `the NOTIFY with the URL: ${ending}`;
  const { status, reason } = ending;
  return status < 300 ? undefined : `the phone answered the NOTIFY with the URL: ${status} ${cutUserAgent(reason)}`;
}

const factOf = (request: Request, { mac, model, version, user_agent }: ProfileRequest, { address }: Address) => ({
  ...{ protocol: 'pnp' as const, address, method: 'SUBSCRIBE', path: cutUserAgent(request.uri), device: mac },
  ...{ user_agent, model, firmware: version, bytes: 0, complete: false, duration: 0 },
});

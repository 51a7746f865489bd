import type { Fields, Log } from '../log.ts';
import { contactAt, readPosted } from './posted.ts';
import type { Registration } from './registration.ts';
import type { SourceState } from './source.ts';
import type { View } from './view.ts';
import { createWebhook } from './webhook.ts';

/** What was posted and is no registration: a call begun or over, or settings that were changed at a phone. */
export interface News {
  readonly kind: 'call' | 'config';
  readonly extension: string;
  readonly address?: string;
  /** `in_call`, `idle`. */
  readonly state?: string;
}

/** The source of registrations that is told, by `POST /api/phones/webhook`: it needs no word in devices.yml. */
export interface Posts {
  readonly name: string;
  /** A sentence for each part of the body that could not be used; `false` when nothing of it could. */
  receive(body: unknown): { readonly used: boolean; readonly problems: readonly string[] };
  /** Whether anything was ever posted. */
  isUp(): boolean;
  /** Itself, once anything was posted. */
  report(): readonly { name: string; kind: string; state: SourceState; registrations: number }[];
  stop(): void;
}

export interface PostsOptions {
  readonly view: View;
  readonly log: Log;
  readonly told?: (news: News) => void;
  readonly now?: () => number;
  /** Milliseconds between two looks for what is over. */
  readonly sweepMs?: number;
}

/** As it stands in journals, logs and metrics. */
export const postedName = 'webhook';
/** A registration of before a restart is over, as far as anybody knows, when nobody posts it again for so long. */
const forgottenAfter = 3_600_000;

export function createPosts({ view, log, told, now = Date.now, sweepMs = 15_000 }: PostsOptions): Posts {
  const name = postedName;
  const fields: Fields = { source: name, kind: 'webhook' };
  const webhook = createWebhook(
    { name, now },
    {
      snapshot: (registrations) => view.snapshot(name, registrations),
      put: view.put,
      drop: (extension, contact) => view.drop(name, extension, contact),
      busy: (extension, isBusy) => view.busy(name, extension, isBusy),
      changed: () => log.info('registrations are posted', fields),
    },
  );
  const begun = now();
  let isSettled = false;
  const timer = setInterval(sweep, sweepMs).unref();

  /** Nobody lists what is posted: what is over has to be found. */
  function sweep(): void {
    const moment = now();
    for (const { source, extension, contact, expires = Number.POSITIVE_INFINITY } of [...view.of(name)])
      if (expires <= moment) view.drop(source, extension, contact);
    if (isSettled || moment - begun < forgottenAfter) return;
    isSettled = true;
    view.snapshot(name, [...view.of(name)]);
  }

  function drop(extension: string, address: string | undefined): void {
    const isMeant = (one: Registration) => one.source === name && (address === undefined || one.address === address);
    const found = [...view.ofExtension(extension)].filter(isMeant);
    for (const { contact } of found) view.drop(name, extension, contact);
    // One of before a restart, perhaps.
    if (found.length === 0 && address !== undefined) view.drop(name, extension, contactAt(extension, address));
  }

  return {
    name,
    receive(body) {
      const posted = readPosted(body);
      if (posted.kind === 'fault') return { used: false, problems: [posted.message] };
      if (posted.kind === 'registrations') {
        const problems = webhook.receive(posted.body);
        return { used: isPartlyUsed(posted.body, problems), problems };
      }
      if (posted.kind === 'unregistered') drop(posted.extension, posted.address);
      else {
        const { kind, extension, address } = posted;
        if (kind === 'call') view.busy(name, extension, posted.isBusy);
        told?.({ kind, extension, address, ...(kind === 'call' && { state: posted.isBusy ? 'in_call' : 'idle' }) });
      }
      return { used: true, problems: [] };
    },
    isUp: () => webhook.state().up,
    report() {
      const state = webhook.state();
      return state.up ? [{ name, kind: webhook.kind, state, registrations: view.count(name) }] : [];
    },
    stop: () => clearInterval(timer),
  };
}

/** Each problem is of one entry, or of all there is. */
function isPartlyUsed(body: unknown, problems: readonly string[]): boolean {
  const { registrations } = Object(body);
  const isOfEntries = problems.every((problem) => problem.startsWith('registrations['));
  return problems.length === 0 || (isOfEntries && problems.length < registrations.length);
}

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Log } from './log.ts';
import { readCertificates, validity } from './model/certificate.ts';
import type { Https } from './model/https.ts';
import { sameItems } from './model/same-items.ts';
import { Secret } from './model/secret.ts';
import type { Site } from './model/site.ts';
import type { TlsOptions } from './serving/http/tls.ts';
import { type Approach, demandUsable, noApproach } from './serving/https.ts';
import type { Listening } from './serving/servers.ts';
import { createKept } from './state/kept.ts';

/** How phones come in, from one build to the next and over restarts. */
export interface Approaching {
  /** The same object for as long as it is the same. */
  now(): Approach;
  /** Takes what a site says of it. */
  use(site: Pick<Site, 'https' | 'proxies'>): void;
  /** When the certificate is valid no more, in milliseconds since 1970. */
  expires(): number | undefined;
}

export interface ApproachingOptions {
  /** The project's folder and the state folder, absolute. */
  readonly project: string;
  readonly state: string;
  readonly log: Log;
}

/** What is kept: where the key is, and not what it says. */
interface Known {
  readonly proxies: readonly string[];
  readonly profile?: Https['profile'];
  readonly files?: Https['files'];
}

/** Of the form of what is kept. */
const version = 'approach 1';

/** What held when the daemon was stopped holds until a build is accepted: phones, and proxies, do not wait for it. */
export function createApproaching({ project, state, log }: ApproachingOptions): Approaching {
  const kept = createKept<Known>(join(state, 'approach'), version);
  const before = kept.read();
  let { approach, expires } = typeof before === 'object' ? restore(before.value, project, log) : none;
  let known: readonly unknown[] = [];

  return {
    now: () => approach,
    expires: () => expires,
    use({ https, proxies = [] }) {
      const key = https && Secret.reveal(https.key);
      const said = [https?.cert, key, https?.clientCa, https?.profile, ...proxies];
      if (sameItems(said, known)) return;
      known = said;
      try {
        approach = { proxies, tls: https && toTls({ ...https, key: key ?? '' }) };
        expires = https?.expires;
      } catch (error) {
        log.error('HTTPS goes on as before', { reason: String(error) });
        approach = { ...approach, proxies };
      }
      try {
        kept.write({ proxies, profile: https?.profile, files: https?.files });
      } catch (error) {
        log.error('the ways in cannot be kept over a restart', { reason: String(error) });
      }
    },
  };
}

const none: { readonly approach: Approach; readonly expires?: number } = { approach: noApproach };

function restore({ proxies, profile = 'modern', files }: Known, project: string, log: Log): typeof none {
  if (files === undefined) return { approach: { proxies } };
  try {
    const read = (path: string) => readFileSync(resolve(project, path), 'latin1');
    const cert = read(files.cert);
    const clientCa = files.clientCa === undefined ? undefined : read(files.clientCa);
    const chain = readCertificates(cert);
    const [first] = 'fault' in chain ? [] : chain;
    const tls = toTls({ cert, key: read(files.key), clientCa, profile });
    return { approach: { proxies, tls }, expires: first && validity(first).to };
  } catch (error) {
    log.warn('HTTPS begins with the first build: its files cannot be read', { reason: String(error) });
    return { approach: { proxies } };
  }
}

/**
 * With keys for tickets of its own: who was trusted by another certificate's rules must show theirs again. Throws what
 * OpenSSL has against it.
 */
function toTls({ cert, key, clientCa, profile }: TlsTexts): TlsOptions {
  const ticketKeys = new Uint8Array(randomBytes(48));
  const tls = { cert, key, clientCa, oldCiphers: profile === 'old', ticketKeys };
  demandUsable(tls);
  return tls;
}

type TlsTexts = Pick<Https, 'cert' | 'clientCa' | 'profile'> & { readonly key: string };

export interface ApplyingOptions {
  readonly approach: () => Approach;
  /** Rejects with a sentence; then all is as before. */
  readonly apply: (approach: Approach) => Promise<Listening | undefined>;
  readonly log: Log;
  /** Milliseconds from one try to the next. */
  readonly every?: number;
}

/** Takes care that the servers follow. */
export interface Applying {
  /** Servers that begin do so with what holds now. */
  begin<T>(start: (approach: Approach) => Promise<T>): Promise<T>;
  /** Never rejects: what fails is said, and tried again. */
  follow(): Promise<void>;
  stop(): void;
}

export function createApplying({ approach, apply, log, every = 10_000 }: ApplyingOptions): Applying {
  let applied: Approach | undefined;
  let failure = '';
  let timer: NodeJS.Timeout | undefined;

  async function follow(): Promise<void> {
    const next = approach();
    if (applied === undefined || next === applied) return;
    clearTimeout(timer);
    try {
      say(await apply(next), applied, next);
      applied = next;
      failure = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== failure) log.error(reason);
      failure = reason;
      timer = setTimeout(() => void follow(), every).unref();
    }
  }

  function say(listening: Listening | undefined, before: Approach, next: Approach): void {
    if (before.tls === undefined && listening) log.info('serving', { protocol: 'https', ...listening });
    else if (listening && before.tls !== next.tls)
      log.info('HTTPS goes on with its new certificate, for new connections');
    else if (before.tls && !listening) log.info('HTTPS is not served any more');
  }

  return {
    async begin(start) {
      const first = approach();
      const begun = await start(first);
      applied = first;
      return begun;
    },
    follow,
    stop: () => clearTimeout(timer),
  };
}

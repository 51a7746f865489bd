import type { Fields, Log } from '../log.ts';
import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import { isSameSource, type RegistrySource } from '../model/registry-source.ts';
import type { NotifyEvent, Vendor } from '../model/vendor.ts';
import type { Comings } from './comings.ts';
import { openSource } from './open-source.ts';
import { createPosts, type PostsOptions } from './posts.ts';
import type { Registration } from './registration.ts';
import type { Handed, Intake, Source, SourceState } from './source.ts';
import { createView, type View } from './view.ts';
import type { Visit } from './visits.ts';
import { type Where, whereIs } from './where.ts';

/** One view of who is registered where, from all sources of a site. */
export interface Registry {
  /** Takes what devices.yml says now: sources that are new are connected to, those that are no more are left. */
  use(site: RegistrySite): void;
  /**
   * Undefined when every source has said something, if only that it is away; else a promise of that, or of the time
   * being up: who asks right after a start would be told that nobody is registered.
   */
  asked(): Promise<void> | undefined;
  /** Has the sources list who is registered, though not all the time: somebody was not where he should be. */
  askAgain(): void;
  /** Where a device is; undefined when nobody knows. */
  where(device: Device): Where | undefined;
  /** Whether another device has the extension of its first line, too. */
  isShared(device: Device): boolean;
  /** Whether a PBX says that one of the device's lines is in a call. */
  isBusy(device: Device): boolean;
  /** Has a PBX send a NOTIFY; undefined where it cannot. Never rejects. */
  notifyBy(registration: Registration, event: NotifyEvent): Promise<Handed> | undefined;
  /** Takes what a PBX posts; a sentence for each part that could not be used. Never throws. */
  receive(body: unknown): { readonly used: boolean; readonly problems: readonly string[] };
  sources(): readonly SourceReport[];
  registrations(): Iterable<Registration>;
  /** Those that are at an IP address, are of an extension, or speak of a MAC. */
  registrationsAt(address: string): Iterable<Registration>;
  registrationsOf(extension: string): Iterable<Registration>;
  registrationsBy(mac: Mac): Iterable<Registration>;
  stop(): Promise<void>;
}

export interface SourceReport {
  readonly name: string;
  readonly kind: string;
  readonly state: SourceState;
  readonly registrations: number;
}

/** What of a site counts here. */
export interface RegistrySite {
  readonly devices: readonly Device[];
  readonly vendors: ReadonlyMap<string, Pick<Vendor, 'id' | 'user_agents'>>;
  readonly registry?: readonly RegistrySource[];
}

export interface RegistryOptions {
  /** What a device fetched last, by each user agent. */
  readonly visits: (mac: Mac) => readonly Visit[];
  readonly log: Log;
  readonly open?: (settings: RegistrySource, intake: Intake) => Source;
  readonly now?: () => number;
  /** Hears who comes and who goes. */
  readonly comings?: Comings;
  /** Hears of what is posted and is no registration. */
  readonly told?: PostsOptions['told'];
}

/** Milliseconds from one question out of turn to the next. */
const askPause = 10_000;
/** Milliseconds that the first word of a source is waited for. */
const firstWord = 5_000;

interface Open {
  readonly settings: RegistrySource;
  readonly source: Source;
  readonly first: PromiseWithResolvers<void>;
}

export function createRegistry({
  visits,
  log,
  open = openSource,
  now = Date.now,
  ...options
}: RegistryOptions): Registry {
  const view = createView(undefined, now, options.comings);
  const posts = createPosts({ view, log, told: options.told, now });
  const opened = new Map<string, Open>();
  const leaving = new Set<Promise<void>>();
  /** Sources that have said nothing yet. */
  const silent = new Set<PromiseWithResolvers<void>>();
  let devices: readonly Device[] = [];
  let vendors: RegistrySite['vendors'] = new Map();
  let macs: ReadonlySet<Mac> = new Set();
  let owners: ReadonlyMap<string, number> = new Map();
  let askedAt = Number.NEGATIVE_INFINITY;
  const around = {
    ...{ view, visits, now },
    get vendors() {
      return vendors;
    },
    isDevice: (mac: Mac) => macs.has(mac),
    owners: (extension: string) => owners.get(extension) ?? 0,
    isUp: (name: string) => opened.get(name)?.source.state().up ?? (name === posts.name && posts.isUp()),
  };

  function takeDevices(now: readonly Device[]): void {
    if (now === devices) return;
    devices = now;
    macs = new Set(now.map(({ mac }) => mac));
    owners = countLines(now);
  }

  function close(name: string): void {
    const gone = opened.get(name);
    opened.delete(name);
    view.forget(name);
    gone?.first.resolve();
    const left = gone?.source.stop().finally(() => leaving.delete(left as Promise<void>));
    if (left) leaving.add(left);
  }

  function takeSources(wanted: readonly RegistrySource[]): void {
    for (const [name, { settings }] of [...opened])
      if (!wanted.some((source) => source.name === name && isSameSource(source, settings))) close(name);
    for (const settings of wanted) {
      if (opened.has(settings.name)) continue;
      const first = Promise.withResolvers<void>();
      setTimeout(first.resolve, firstWord).unref();
      silent.add(first);
      first.promise.then(() => silent.delete(first));
      const source = open(settings, intakeOf(settings, { view, log, first: first.resolve }));
      opened.set(settings.name, { settings, source, first });
      source.start();
    }
  }

  return {
    use(site) {
      ({ vendors } = site);
      takeDevices(site.devices);
      takeSources(site.registry ?? []);
    },
    asked: () =>
      silent.size === 0 ? undefined : Promise.all([...silent].map(({ promise }) => promise)).then(() => {}),
    askAgain() {
      if (now() - askedAt < askPause) return;
      askedAt = now();
      for (const { source } of opened.values()) source.ask?.();
    },
    where: (device) => whereIs(device, around),
    isShared: ({ lines: [line] }) => line !== undefined && (owners.get(line.extension) ?? 0) > 1,
    isBusy: ({ lines }) =>
      [...opened.keys(), posts.name].some((source) => lines.some(({ extension }) => view.isBusy(source, extension))),
    notifyBy: (registration, event) => opened.get(registration.source)?.source.notify?.(registration, event),
    receive: posts.receive,
    sources: () => [
      ...[...opened.values()].map(({ source: { name, kind, state } }) => {
        return { name, kind, state: state(), registrations: view.count(name) };
      }),
      ...posts.report(),
    ],
    registrations: view.all,
    registrationsAt: view.ofAddress,
    registrationsOf: view.ofExtension,
    registrationsBy: view.ofMac,
    async stop() {
      posts.stop();
      for (const name of [...opened.keys()]) close(name);
      await Promise.all(leaving);
    },
  };
}

/** How many devices have a line of each extension. */
function countLines(devices: readonly Device[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { lines } of devices)
    for (const extension of new Set(lines.map(({ extension }) => extension)))
      counts.set(extension, (counts.get(extension) ?? 0) + 1);
  return counts;
}

/** One line for each change: a PBX that is away for a night says so once. */
function intakeOf(
  { name, kind }: RegistrySource,
  { view, log, first }: { readonly view: View; readonly log: Log; readonly first: () => void },
): Intake {
  return {
    snapshot: (registrations) => view.snapshot(name, registrations),
    put: view.put,
    drop: (extension, contact) => view.drop(name, extension, contact),
    busy: (extension, isBusy) => view.busy(name, extension, isBusy),
    changed(state) {
      first();
      const fields: Fields = { source: name, kind };
      if (state.up) log.info('registrations are known', { ...fields, registrations: view.count(name) });
      else
        log.warn('a source of registrations is away; what it said last is kept while it holds', {
          ...fields,
          reason: state.reason,
        });
    },
  };
}

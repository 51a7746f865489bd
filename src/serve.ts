import { join, resolve } from 'node:path';
import { createActing } from './acting.ts';
import { createAnnouncing } from './announcing.ts';
import { type Answering, createAnswering, type Listening } from './answering.ts';
import { createApproaching } from './approach.ts';
import { createArrivals } from './arrivals.ts';
import { createBuild, type Hold } from './build.ts';
import { createCommitting } from './committing.ts';
import { openEarlier } from './earlier.ts';
import { createDeviceEdits } from './editing/device-edits.ts';
import type { FormatPlan } from './editing/planning.ts';
import { createGuarding } from './guarding.ts';
import { createInquiring } from './inquiring.ts';
import { createLoader, type Loaded } from './load.ts';
import type { Log } from './log.ts';
import { createManifesting } from './manifesting.ts';
import type { BuildFact, NotifyFact } from './model/fact.ts';
import { formatMac, type Mac } from './model/mac.ts';
import type { UploadRule } from './model/upload.ts';
import { createOffered } from './offered.ts';
import { createOffering } from './offering.ts';
import type { SecretKey } from './output/minisign-key.ts';
import { openOutFolder } from './output/out-folder.ts';
import { createTouched } from './output/touched.ts';
import { createPlugging } from './plugging.ts';
import type { ProblemCode } from './problem.ts';
import { createRebuilding } from './rebuilding.ts';
import { createRegistering } from './registering.ts';
import { createReport } from './report-build.ts';
import { createRevising } from './revising.ts';
import { createRolling } from './rolling.ts';
import type { TimerValues } from './sip/transaction.ts';
import { mainFile, type ProjectOptions } from './source/project.ts';
import { createWatcher, type Watcher, type WatchOptions } from './source/watch.ts';
import { createCurrent } from './state/current.ts';
import { createOwed } from './state/owed.ts';
import { openWritten } from './state/written.ts';
import { createSyncing, type SyncTiming } from './syncing.ts';
import { createTelling } from './telling.ts';
import { createWhereabouts } from './whereabouts.ts';

export interface DaemonOptions {
  readonly project: ProjectOptions;
  /** Folders, absolute. */
  readonly out: string;
  readonly state: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly httpsPort?: number;
  /** Ports that TFTP answers from; none, or absent: the one that was asked. */
  readonly answerPorts?: readonly number[];
  /** Threads that answer phones; 0, or absent: this one. */
  readonly workers?: number;
  /** TFTP moves many datagrams with one system call. */
  readonly batchedUdp?: boolean;
  /** False: nobody is notified, whatever the files say. */
  readonly notify: boolean;
  /** False: directories are asked by nobody here, and their files come from elsewhere. */
  readonly sync?: boolean;
  /** Writes a manifest after each accepted build, signed if there is a key. */
  readonly manifest?: { readonly key?: SecretKey };
  readonly log: Log;
  readonly progress?: (done: number, total: number) => void;
  /** How plans are written that the API is asked for; absent: there are none. */
  readonly formatPlan?: FormatPlan;
  readonly timing?: Timing;
}

export interface Timing {
  /** How events are gathered, and how often those that were lost are looked for. */
  readonly watch?: Pick<WatchOptions, 'quiet' | 'most' | 'scan'>;
  /** Milliseconds until a build is tried again that could not be written; 10,000 when not given. */
  readonly retry?: number;
  /** How long a silent device is waited for. */
  readonly sip?: TimerValues;
  readonly sync?: SyncTiming;
  /** Milliseconds from one look at canaries to the next. */
  readonly rollout?: number;
}

export interface Daemon {
  /** Builds, serves and watches. Throws a sentence when a port cannot be had. */
  start(): Promise<{ readonly http: Listening; readonly tftp: Listening; readonly https?: Listening }>;
  /** Lets transfers under way finish, and leaves everything written down. */
  stop(): Promise<void>;
}

/** The daemon: what is built is served, what changes is built again, and whoever it changes for is told. */
export function createDaemon({ project, out, state, log, timing = {}, ...options }: DaemonOptions): Daemon {
  const written = openWritten({ folder: state, out, log });
  const fileChanges = createTouched(written);
  const rebuilding = createRebuilding({ pass, retryMs: timing.retry, log });
  const folder = openOutFolder(out, [...written.readWritten().values()], fileChanges.record);
  const current = createCurrent();
  const ownerOf = (name: string) => {
    const audience = folder.index.get(name)?.audience;
    return audience && 'mac' in audience ? audience.mac : undefined;
  };
  let told = Promise.resolve();
  const guarding = createGuarding({
    ...{ state, log, ownerOf },
    tell: (tidings) => {
      told = answering.tell(tidings);
    },
  });
  const approaching = createApproaching({ project: project.dir, state, log });
  const answering: Answering = createAnswering({
    ...{ state, host: options.host, httpPort: options.httpPort, tftpPort: options.tftpPort, log },
    ...{ httpsPort: options.httpsPort, approach: approaching.now, certificateExpires: approaching.expires },
    ...{ workers: options.workers, answerPorts: options.answerPorts, batchedUdp: options.batchedUdp },
    files: {
      out,
      index: () => folder.index,
      prefixes: () => current.build()?.site.prefixes ?? [],
      // Before there is a build: the files are those of the last one before the restart.
      revisionOf: (mac) => (current.build() ? current.revision(mac) : answering.convergence.wanted(mac)?.revision),
    },
    guarding,
    uploads: { settings: () => current.build()?.site.uploads, rulesOf: uploadRules },
    devices: () => current.build()?.site.devices.map(({ mac }) => mac) ?? [],
    vendors: () => current.build()?.site.vendors.values() ?? [],
    registrySources: () => whereabouts.sources().map(({ state, ...source }) => ({ ...source, up: state.up })),
    // The files of a build that was accepted before a restart are there for phones, too.
    isReady: () => current.build() !== undefined || folder.index.size > 0,
    api: () => offering.door(),
  });
  const { journal, metrics, sightings, convergence } = answering;
  const syncing = createSyncing({ dir: project.dir, state, log, record: metrics.add.sync, timing: timing.sync });
  const loader = createLoader(project);
  const owed = createOwed(written);
  const earlier = openEarlier({ folder: state, log });
  const memory = { ...written, owe: owed.add };
  const { progress } = options;
  const build = createBuild({ loader: { ...loader, load }, out: folder, memory, guard, progress, earlier, hold });
  const arrivals = createRegistering({
    ...{ arrivals: createArrivals({ journal, current }), current, convergence },
    record: journal.add.return,
  });
  const whereabouts = createWhereabouts({ sightings, log, arrivals });
  const telling = createTelling({
    ...{ owed, current, convergence, whereabouts, log },
    record: recordNotify,
    timers: timing.sip,
  });
  const rolling = createRolling({
    ...{ state, pins: earlier.pins, current, convergence, whereabouts, owed, log },
    ...{ rebuild: rebuilding.later, record: journal.add.rollouts },
    isOn: options.notify,
    every: timing.rollout,
  });
  const announcing = createAnnouncing({
    ...{ state, journal, convergence, current, sightings, whereabouts, metrics, log },
  });
  const { events } = announcing;
  const edits = createDeviceEdits({
    ...{ project, out, state, current, whereabouts, notify: options.notify, formatPlan: options.formatPlan },
    rebuild: rebuilding.now,
  });
  const acting = createActing({ current, pins: earlier.pins, rebuild: rebuilding.later, out, state });
  const inquiring = createInquiring({ current, out, state });
  const handed = createOffered({
    ...{ current, events, edits: edits.offered, journal, convergence },
    acts: { ...acting.offered, ...inquiring.offered },
    ...{ sightings, whereabouts, state, timers: timing.sip },
    index: () => folder.index,
    record: recordNotify,
  });
  const offering = createOffering({ offered: handed.offered, state, audit: journal.add.audit, log });
  const revising = createRevising({ convergence, current, record: journal.add.revisions });
  const plugging = createPlugging({
    ...{ host: options.host, current, isSpent: guarding.isSpent, log, timers: timing.sip },
    record: (fact) => answering.record([fact]),
  });
  const committing = createCommitting({ dir: project.dir, out, state, log });
  const report = createReport({ log, record: recordBuild, files: () => folder.index.size });
  const renewManifest = createManifesting({ out, folder, current, manifest: options.manifest, log });
  let watcher: Watcher | undefined;

  /** Who does not get a change yet. */
  function hold(changing: Parameters<Hold>[0]): ReturnType<Hold> {
    return rolling.hold(changing);
  }

  /** Also what is then rejected says which directories there are. */
  async function load(): Promise<Loaded> {
    const loaded = await loader.load();
    if (options.sync !== false) syncing.use(loaded.sources);
    handed.loaded(loaded);
    edits.loaded(loaded);
    acting.loaded(loaded);
    offering.loaded(loaded);
    rolling.loaded(loaded.site);
    return loaded;
  }

  /** From the files of the project to the phones, in order. */
  async function pass(): Promise<'done' | 'again'> {
    await edits.settled();
    const at = Date.now();
    const commitOf = committing.begin();
    const result = await build();
    edits.built(result);
    if (result.accepted) {
      current.replace(result);
      approaching.use(result.site);
      whereabouts.use(result.site);
      announcing.use(result.site);
      await offering.use(result.site);
    }
    // Before anybody is told to fetch: also what a build has put in place that then failed.
    await answering.changed(fileChanges.take(folder.index));
    if (result.accepted) await plugging.use(result.site);
    report(result, at);
    earlier.report(result);
    watcher?.refresh(at);
    if (result.accepted) await revising.use(result, { at, commitOf });
    committing.end(result, { at, commitOf, written: revising.written(), pins: earlier.settledAt(result) });
    if (result.accepted) rolling.use();
    // It has to be known by now what a device is meant to have: whoever has that is not told.
    if (result.accepted && options.notify && result.site.notify.mode === 'auto') telling.tell(result);
    else if (result.accepted) telling.forget();
    const hasManifest = await renewManifest(result);
    return hasManifest && !result.problems.some(({ code }) => passing.has(code)) ? 'done' : 'again';
  }

  /** No file is written before all who serve know who may fetch it. */
  async function guard(made: Parameters<typeof guarding.use>[0]): Promise<() => void> {
    const release = guarding.use(made);
    await told;
    return release;
  }

  function uploadRules(mac: Mac): readonly UploadRule[] | undefined {
    const device = current.device(mac);
    return device && (current.build()?.site.vendors.get(device.vendor)?.uploads ?? []);
  }

  function recordBuild(fact: BuildFact): void {
    journal.add.build(fact);
    metrics.add.build(fact);
  }

  function recordNotify(fact: NotifyFact): void {
    journal.add.notify(fact);
    convergence.add.notify(fact);
    metrics.add.notify(fact);
    edits.notified(fact);
    const { at: _, device, ...fields } = fact;
    log.info('notify', { device: formatMac(device), ...fields });
  }

  function watch(): Watcher {
    return createWatcher({
      ...timing.watch,
      // The one file that is always a part of it, also when nothing could be read.
      paths: () => [join(project.dir, mainFile), ...loader.watched()],
      ignored: [resolve(out), resolve(state)],
      changed: rebuilding.later,
      failed: (error) => log.warn('cannot watch everything; changes are found by looking', { reason: error.message }),
    });
  }

  async function stop(): Promise<void> {
    // No build begins from now on.
    const idle = rebuilding.stop();
    await watcher?.close();
    await syncing.stop();
    inquiring.stop();
    await Promise.all([handed.stop(), offering.stop(), announcing.stop()]);
    await idle;
    rolling.stop();
    await Promise.all([answering.stop(), telling.stop(), whereabouts.stop(), committing.stop(), plugging.stop()]);
    await journal.close();
    owed.close();
    earlier.close();
    written.close();
  }

  return {
    async start() {
      try {
        // After a restart phones need not wait: the files of the last build are there.
        const early = folder.index.size > 0 ? await answering.start() : undefined;
        watcher = watch();
        earlier.watch(rebuilding.later);
        committing.watch(rebuilding.later);
        await rebuilding.now();
        return early ?? (await answering.start());
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
}

/** Nobody edits a file because there is room on the disk again, or a descriptor to read it with. */
const passing: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['out-folder', 'unreadable-file', 'secret']);

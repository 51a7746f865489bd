import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type BuildFact, type FetchFact, type NotifyFact, refusalKinds } from '../model/fact.ts';
import { type SyncFact, syncResults } from '../model/sync-fact.ts';
import { type EventMetrics, eventMetrics } from './event-metrics.ts';

export interface Metrics {
  readonly add: {
    readonly fetch: (fact: FetchFact) => void;
    readonly notify: (fact: NotifyFact) => void;
    readonly build: (fact: BuildFact) => void;
    readonly sync: (fact: SyncFact) => void;
  } & EventMetrics;
  /** Prometheus text exposition format 0.0.4, to be sent as `contentType`. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** How many devices are in which state, asked at each scrape; states are words of a fixed list. */
  readonly devices?: () => Readonly<Record<string, number>>;
  /** How many addresses are refused for guessing, asked at each scrape. */
  readonly blockedAddresses?: () => number;
  /** Who knows registrations, asked at each scrape; they are named in devices.yml. */
  readonly registrySources?: () => readonly RegistrySourceCount[];
  /** When the certificate of HTTPS is valid no more, in milliseconds since 1970, asked at each scrape. */
  readonly certificateExpires?: () => number | undefined;
  readonly now?: () => number;
}

const protocols = ['tftp', 'http', 'https'] as const;
const fetchResults = ['ok', 'not_modified', 'not_found', 'refused', 'cut_off', 'error'] as const;
const notifyOutcomes = ['accepted', 'handed', 'refused', 'silent', 'unreachable'] as const;
/** From a small file over HTTP to firmware over TFTP. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** A source of registrations, and how many it has. */
export interface RegistrySourceCount {
  readonly name: string;
  readonly up: boolean;
  readonly registrations: number;
}

/** How a fetch ended, in one of a few words. */
export function resultOf({ status, complete, refusal }: FetchFact): (typeof fetchResults)[number] {
  if (refusal !== undefined) return 'refused';
  if (status === 304) return 'not_modified';
  if (status === 404) return 'not_found';
  if (status >= 500) return 'error';
  if (status >= 400) return 'refused';
  return complete ? 'ok' : 'cut_off';
}

/** An answer other than 2xx is a refusal. */
export function outcomeOf({ outcome, status = 0 }: NotifyFact): (typeof notifyOutcomes)[number] {
  if (outcome !== 'answered') return outcome;
  return status >= 200 && status < 300 ? 'accepted' : 'refused';
}

/** Counts the facts that the journal keeps too. Every label has few values: never a MAC, a path or an address. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { devices, blockedAddresses, certificateExpires, now = Date.now } = options;
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const fetch = fetchMetrics(registers);
  const notifies = new Counter({
    name: 'offhook_notifies_total',
    help: 'NOTIFYs by how they ended: accepted (2xx), handed to a PBX, refused (any other answer), silent, unreachable.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of notifyOutcomes) notifies.inc({ outcome }, 0);
  if (devices !== undefined) deviceMetrics(registers, devices);
  if (blockedAddresses !== undefined) blockedMetrics(registers, blockedAddresses);
  if (options.registrySources !== undefined) registryMetrics(registers, options.registrySources);
  if (certificateExpires !== undefined) certificateMetrics(registers, certificateExpires);
  return {
    add: {
      fetch,
      notify: (fact) => notifies.inc({ outcome: outcomeOf(fact) }),
      build: buildMetrics(registers, now),
      sync: syncMetrics(registers, now),
      ...eventMetrics(registers),
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function fetchMetrics(registers: Registry[]): (fact: FetchFact) => void {
  const fetches = new Counter({
    name: 'offhook_fetches_total',
    help: 'Answers to devices, by protocol and result: ok, not_modified, not_found, refused, cut_off, error.',
    labelNames: ['protocol', 'result'],
    registers,
  });
  const sums = [
    sumOf('bytes', 'Bytes of files that were sent (TFTP: acknowledged)', (fact) => (isUpload(fact) ? 0 : fact.bytes)),
    sumOf('received_bytes', 'Bytes that devices sent by PUT and POST', (fact) => (isUpload(fact) ? fact.bytes : 0)),
    sumOf('retransmits', 'Packets that were sent once more (TFTP)', ({ retransmits = 0 }) => retransmits),
    sumOf('timeouts', 'How often an answer of a device was waited for in vain', ({ timeouts = 0 }) => timeouts),
  ].map(({ name, help, value }) => ({
    value,
    counter: new Counter({ name, help, labelNames: ['protocol', 'result'], registers }),
  }));
  const duration = new Histogram({
    name: 'offhook_fetch_duration_seconds',
    help: 'From a request to the last byte of its answer.',
    labelNames: ['protocol'],
    buckets: seconds,
    registers,
  });
  const refusals = new Counter({
    name: 'offhook_refusals_total',
    help: 'Answers that a rule of access refused, by protocol and rule; challenge: credentials were asked for.',
    labelNames: ['protocol', 'refusal'],
    registers,
  });
  for (const protocol of protocols) {
    for (const refusal of refusalKinds) refusals.inc({ protocol, refusal }, 0);
    duration.zero({ protocol });
    for (const result of fetchResults)
      for (const counter of [fetches, ...sums.map((sum) => sum.counter)]) counter.inc({ protocol, result }, 0);
  }
  return (fact) => {
    const labels = { protocol: fact.protocol, result: resultOf(fact) };
    fetches.inc(labels);
    for (const { counter, value } of sums) if (value(fact) > 0) counter.inc(labels, value(fact));
    if (fact.refusal !== undefined) refusals.inc({ protocol: fact.protocol, refusal: fact.refusal });
    duration.observe({ protocol: fact.protocol }, fact.duration / 1000);
  };
}

const isUpload = ({ method }: FetchFact): boolean => method === 'PUT' || method === 'POST';

const sumOf = (what: string, help: string, value: (fact: FetchFact) => number) => {
  return { name: `offhook_fetch_${what}_total`, help: `${help}, by protocol and result.`, value };
};

function deviceMetrics(registers: Registry[], devices: () => Readonly<Record<string, number>>): void {
  new Gauge({
    name: 'offhook_devices',
    help: 'Devices of devices.yml by state.',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(devices())) this.set({ state }, count);
    },
  });
}

function blockedMetrics(registers: Registry[], count: () => number): void {
  new Gauge({
    name: 'offhook_blocked_addresses',
    help: 'Addresses that are refused for a while, since they asked for too many devices that are none.',
    registers,
    collect() {
      this.set(count());
    },
  });
}

/** Absent while there is no certificate. */
function certificateMetrics(registers: Registry[], expires: () => number | undefined): void {
  new Gauge({
    name: 'offhook_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of HTTPS is valid no more, seconds since 1970.',
    registers,
    collect() {
      const at = expires();
      if (at === undefined) this.remove();
      else this.set(at / 1000);
    },
  });
}

function registryMetrics(registers: Registry[], sources: () => readonly RegistrySourceCount[]): void {
  const each = (name: string, help: string, value: (source: RegistrySourceCount) => number) =>
    new Gauge({
      ...{ name, help, labelNames: ['source'] as const, registers },
      collect() {
        this.reset();
        for (const source of sources()) this.set({ source: source.name }, value(source));
      },
    });
  each('offhook_registry_up', '1 while a source of registrations is there.', ({ up }) => Number(up));
  each('offhook_registrations', 'Registrations that a source knows.', ({ registrations }) => registrations);
}

/** Time and age of the last accepted build are absent until there was one. */
function buildMetrics(registers: Registry[], now: () => number): (fact: BuildFact) => void {
  let accepted: number | undefined;
  const builds = new Counter({
    name: 'offhook_builds_total',
    help: 'Builds, by whether they were accepted.',
    labelNames: ['accepted'],
    registers,
  });
  for (const word of ['true', 'false']) builds.inc({ accepted: word }, 0);
  const since = (name: string, help: string, value: (at: number) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        if (accepted === undefined) this.remove();
        else this.set(value(accepted));
      },
    });
  since(
    'offhook_last_accepted_build_timestamp_seconds',
    'When the last accepted build ended, seconds since 1970.',
    (at) => at / 1000,
  );
  since('offhook_last_accepted_build_age_seconds', 'How long ago that was.', (at) => (now() - at) / 1000);
  return (fact) => {
    builds.inc({ accepted: String(fact.accepted) });
    if (fact.accepted) accepted = Math.max(accepted ?? fact.at, fact.at);
  };
}

/** By the file of each directory. The age is absent until there was an answer. */
function syncMetrics(registers: Registry[], now: () => number): (fact: SyncFact) => void {
  const last = new Map<string, SyncFact & { readonly answeredAt?: number }>();
  const labelNames = ['directory'] as const;
  const syncs = new Counter({
    name: 'offhook_directory_syncs_total',
    help: 'How often a directory was asked, by its file and result: written, unchanged, refused (by the guard), failed.',
    labelNames: [...labelNames, 'result'],
    registers,
  });
  const each = (
    name: string,
    help: string,
    value: (one: NonNullable<ReturnType<typeof last.get>>) => number | undefined,
  ) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const [directory, one] of last) {
          const number = value(one);
          if (number !== undefined) this.set({ directory }, number);
        }
      },
    });
  each('offhook_directory_age_seconds', 'How long ago the directory last answered.', ({ answeredAt }) =>
    answeredAt === undefined ? undefined : (now() - answeredAt) / 1000,
  );
  each('offhook_directory_people', 'How many people with a number the directory has.', ({ people }) => people);
  each(
    'offhook_directory_refused',
    '1 while the guard keeps what the directory says from being written.',
    ({ result }) => Number(result === 'refused'),
  );
  return (fact) => {
    const { into: directory, result, at } = fact;
    const before = last.get(directory);
    if (!before) for (const one of syncResults) syncs.inc({ directory, result: one }, 0);
    syncs.inc({ directory, result });
    const answeredAt = result === 'failed' ? before?.answeredAt : at;
    last.set(directory, { ...fact, people: fact.people ?? before?.people, answeredAt });
  };
}

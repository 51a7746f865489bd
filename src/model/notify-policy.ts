import type { Device } from './device.ts';
import { parseDuration } from './duration.ts';
import type { NotifyLayer, RawCanary, RawWindow } from './notify-way.ts';
import { weekdays } from './notify-way.ts';
import type { NotifySettings, Site } from './site.ts';

/** Minutes of the day; days count from Monday, 1 to 7. `to` not after `from` is on the next day. */
export interface Window {
  readonly days: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
}

/** Times in milliseconds. */
export interface Canary {
  readonly devices?: readonly string[];
  readonly percent?: number;
  /** How long the canaries have to show that they are well. */
  readonly wait: number;
  readonly require: 'fetched' | 'registered';
}

/** How a device is notified, all layers applied. Times in milliseconds. */
export interface NotifyPolicy {
  readonly group?: string;
  /** IANA name of the zone whose clock the windows are read on. */
  readonly zone: string;
  /** None: at any time. */
  readonly windows: readonly Window[];
  /** How long the end of a call is waited for. */
  readonly max_wait: number;
  /** After each NOTIFY that did not reach it, how long until the next. */
  readonly retry: readonly number[];
  /** NOTIFYs a second. */
  readonly per_address: number;
  readonly per_group?: number;
  readonly canary?: Canary;
  /** What goes out together: a group that says `canary` for itself is one, all others are one. */
  readonly cohort: string;
}

/** What holds when no layer says otherwise; the schema shows the same values as `default`. */
export const notifyDefaults = {
  per_second: 20,
  per_address: 5,
  max_wait: '30m',
  retry: ['1m', '4m', '15m', '1h', '4h'],
  canary: { wait: '15m', require: 'fetched' },
} as const;

/** The policies of the devices of a site; devices of the same settings and group share one. */
export function createPolicies({ notify }: Pick<Site, 'notify'>): (device: Device) => NotifyPolicy {
  const known = new WeakMap<Device['settings'], Map<string | undefined, NotifyPolicy>>();
  return ({ settings, group }) => {
    const ofSettings = known.get(settings) ?? new Map<string | undefined, NotifyPolicy>();
    const policy = ofSettings.get(group) ?? toPolicy(notify, { own: settings.notify, zone: settings.timezone, group });
    known.set(settings, ofSettings.set(group, policy));
    return policy;
  };
}

interface Own {
  readonly own: NotifyLayer | undefined;
  readonly zone: string;
  readonly group?: string;
}

function toPolicy(site: NotifySettings, { own = {}, zone, group }: Own): NotifyPolicy {
  const { window = 'always', max_wait = notifyDefaults.max_wait, retry = notifyDefaults.retry } = { ...site, ...own };
  const pace = { per_address: site.per_address, per_group: site.per_group, ...own.pace };
  const windows = window === 'always' ? [] : [window].flat();
  return Object.freeze({
    ...{
      group,
      zone,
      windows: windows.map(toWindow),
      max_wait: lengthOf(max_wait),
      retry: retry.map(lengthOf),
      ...pace,
    },
    canary: toCanary(own.canary ?? site.canary),
    cohort: own.canary === undefined || group === undefined ? '' : group,
  });
}

function toWindow({ days = weekdays, from, to }: RawWindow): Window {
  return { days: new Set(days.map((day) => weekdays.indexOf(day) + 1)), from: minutesOf(from), to: minutesOf(to) };
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function toCanary(raw: RawCanary | undefined): Canary | undefined {
  if (raw === undefined || raw === 'off') return undefined;
  const { wait, require } = { ...notifyDefaults.canary, ...raw };
  return { devices: raw.devices, percent: raw.percent, wait: lengthOf(wait), require };
}

/** The schema lets nothing else through. */
const lengthOf = (text: string): number => parseDuration(text) ?? 0;

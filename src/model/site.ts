import type { GuessingSettings } from './access.ts';
import type { ApiSettings } from './api.ts';
import type { Access, Device, Server, Settings } from './device.ts';
import type { Https } from './https.ts';
import type { NotifyLayer } from './notify-way.ts';
import type { PhonebookEntry } from './phonebook.ts';
import type { PnpSettings } from './pnp.ts';
import type { RegistrySource } from './registry-source.ts';
import type { TimeZone } from './timezone.ts';
import type { UploadSettings } from './upload.ts';
import type { Vendor } from './vendor.ts';
import type { Webhook } from './webhook.ts';

export interface NotifySettings extends Omit<NotifyLayer, 'pace'> {
  readonly mode: 'auto' | 'off';
  /** NOTIFYs a second: in all, to one address, to the devices of one group. */
  readonly per_second: number;
  readonly per_address: number;
  readonly per_group?: number;
}

/** The whole resolved truth: every layer applied, every person joined. Frozen; what did not change is the same object as before. */
export interface Site {
  readonly devices: readonly Device[];
  /** Of all devices with the same vendor, model and settings at least one: few, where there are many devices. */
  readonly kinds?: readonly Device[];
  readonly server: Server;
  readonly notify: NotifySettings;
  /** Who knows which phones are registered; nobody when absent. */
  readonly registry?: readonly RegistrySource[];
  /** Who is told of events; nobody when absent. */
  readonly webhooks?: readonly Webhook[];
  /** Absent: nothing is taken from phones. */
  readonly uploads?: UploadSettings;
  /** Absent: nobody is listened for who asks by multicast. */
  readonly pnp?: PnpSettings;
  /** Who may fetch what names no device; nobody is kept out when absent. */
  readonly access?: Access;
  /** Absent: nobody is taken for a guesser. */
  readonly guessing?: GuessingSettings;
  /** Mode of the files that are written, such as 0o640; their owner's alone when absent. */
  readonly outMode?: number;
  /** Path prefixes that mean the root, besides the usual ones. */
  readonly prefixes: readonly string[];
  /** Addresses, and ranges of them, that may say whose request it is. */
  readonly proxies?: readonly string[];
  /** What people and their programs are answered; nothing when absent. */
  readonly api?: ApiSettings;
  /** Absent when HTTPS is not spoken here. */
  readonly https?: Https;
  /** Everybody, in the order of a phonebook; absent when no device has one. */
  readonly phonebook?: readonly PhonebookEntry[];
  readonly vendors: ReadonlyMap<string, Vendor>;
  /** Text of every template by its name. */
  readonly templates: ReadonlyMap<string, string>;
  /** Where it stands, by its name, as people know it. */
  readonly templatePaths?: ReadonlyMap<string, string>;
  /** A zone that a device of this site is in. */
  timezone(name: string): TimeZone;
  /** The settings that all devices of a model share before groups and devices have their say. */
  settingsOfModel(vendor: string, model: string): Settings;
}

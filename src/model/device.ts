import type { Directory } from './directory.ts';
import type { Mac } from './mac.ts';
import type { NotifyLayer } from './notify-way.ts';
import type { Secret } from './secret.ts';

export type Transport = 'udp' | 'tcp' | 'tls';

/** Where lines register. Expiry in seconds. */
export interface Sip {
  readonly server: string;
  readonly port: number;
  readonly transport: Transport;
  readonly expiry: number;
  readonly outbound_proxy?: { readonly server: string; readonly port: number };
  readonly backup?: { readonly server: string; readonly port: number };
}

/** What phones are told about this server. */
export interface Server {
  readonly address: string;
  readonly protocol: 'http' | 'https' | 'tftp';
  readonly http: { readonly port: number };
  /** Absent when nothing is said of it: then HTTPS is what a proxy makes of the port of HTTP. */
  readonly https?: { readonly port: number /** For certificates. */; readonly asks: boolean };
  readonly tftp: { readonly port: number };
}

export const keyTypes = [
  'line',
  'blf',
  'speed_dial',
  'dtmf',
  'voicemail',
  'park',
  'intercom',
  'transfer',
  'conference',
  'forward',
  'dnd',
  'redial',
  'directory',
  'none',
] as const;
export type KeyType = (typeof keyTypes)[number];

/** A key with its place on the phone; `position` counts from 1, `line` is the index of a line of the device. */
export interface Key {
  readonly position: number;
  readonly type: KeyType;
  readonly line: number;
  readonly value: string;
  readonly label: string;
}

/** An extension on a device; `index` counts from 1. */
export interface Line {
  readonly index: number;
  readonly extension: string;
  readonly name: string;
  readonly label: string;
  readonly auth_user: string;
  readonly password: Secret;
  readonly voicemail: string;
  readonly sip: Sip;
}

/** Who may fetch the files of a device; of what is absent nothing is asked. */
export interface Access {
  /** Ranges of addresses. */
  readonly networks?: readonly string[];
  readonly credentials?: {
    readonly user: string;
    readonly password: Secret;
    readonly scheme: 'basic' | 'digest' | 'both';
  };
  /** Stands in the path that the phone is told. */
  readonly token?: Secret;
  readonly bootstrap_token?: Secret;
  /** What a request without any proof gets over another protocol than the one that the phone is told. */
  readonly unauthenticated?: 'bootstrap';
  readonly certificate?: 'required' | 'optional';
  /** The fetching address must be the device's `ip`. */
  readonly address?: 'device';
  readonly user_agent?: 'vendor';
  /** What the phone may still come with, besides what it is told now. */
  readonly former?: {
    readonly token?: Secret;
    readonly credentials?: { readonly user: string; readonly password: Secret };
  };
  /** Token and credentials are told, but neither they nor a certificate are asked for yet. */
  readonly enforce?: 'off';
}

/** What every layer (defaults, vendor, model, group, device) may set; each may be absent but those with a default. */
export interface Settings {
  readonly timezone: string;
  readonly time_format: 12 | 24;
  readonly language: string;
  readonly ntp: readonly string[];
  readonly codecs: readonly string[];
  readonly dtmf: 'rfc2833' | 'info' | 'inband';
  readonly srtp: 'off' | 'optional' | 'required';
  readonly voicemail: string;
  readonly pickup_code: string;
  readonly admin_password?: Secret;
  readonly user_password?: Secret;
  readonly web: 'off' | 'http' | 'https';
  readonly vlan?: {
    readonly id: number;
    readonly priority?: number;
    readonly pc_id?: number;
    readonly pc_priority?: number;
  };
  readonly lldp: boolean;
  /** When a phone asks for its files again by itself; minutes, or a time of day, or never. */
  readonly refresh?: { readonly every?: number; readonly at?: string };
  /** The directory on the phone. */
  readonly directory?: Directory;
  /** Who may fetch the device's files; nobody is kept out when absent. */
  readonly access?: Access;
  /** How it is notified, where a layer says otherwise than the site. */
  readonly notify?: NotifyLayer;
  /** The vendor's own parameters, by the vendor's own names, for what has no word here. */
  readonly parameters: Readonly<Record<string, string | Secret>>;
}

/** An entry of devices.yml with all layers applied and its people joined; frozen, and kept while nothing of it changes. */
export interface Device {
  readonly mac: Mac;
  readonly vendor: string;
  readonly model: string;
  readonly group?: string;
  /** Fixed address, when the site says one: the first place a NOTIFY is sent to. */
  readonly ip?: string;
  /** Port of the phone's own SIP user agent. */
  readonly sip_port: number;
  readonly server: Server;
  readonly lines: readonly Line[];
  readonly keys: readonly Key[];
  readonly settings: Settings;
}

import type { KeyType, Server } from './device.ts';
import type { UploadRule } from './upload.ts';

/** How values are escaped: `xml`, or `cfg` for a value that ends with its line. */
export type Format = 'cfg' | 'xml';

/** A file that the vendor's phones ask for, as vendor.yml says it. */
export interface VendorFile {
  /** Name with placeholders: `{mac}`, `{MAC}`, `{model}` or a property of the model's entry, as `{common}`. */
  readonly name: string;
  /** More names for the same bytes. */
  readonly also: readonly string[];
  /** Its name in the map of all templates: `acme/mac.cfg.njk`, `acme_x9.template`. */
  readonly template: string;
  readonly format: Format;
  /** There is no file where the template makes nothing. */
  readonly optional?: boolean;
}

/** The phonebook that the vendor's phones fetch, one for all of them, as vendor.yml says it. */
export interface PhonebookFile {
  /** With `{page}`, counted from 1, where it may take several files. */
  readonly name: string;
  readonly template: string;
  readonly format: Format;
  /** People that phones take in all, and in one file; as many as there are when absent. */
  readonly most?: number;
  readonly per_file?: number;
}

/** A model of vendor.yml. Further properties of its entry are strings that file names and templates may use. */
export interface Model {
  /** As devices.yml writes it. */
  readonly id: string;
  /** As people write it. */
  readonly title: string;
  readonly lines: number;
  readonly keys: number;
  /** `shared`: lines take the first of the keys; `separate`: keys are counted by themselves. */
  readonly line_keys: 'shared' | 'separate';
  readonly key_types: readonly KeyType[];
  readonly properties: Readonly<Record<string, string>>;
  /** What its files are for: an older one does not know some of them. Nothing is known when absent. */
  readonly firmware?: { readonly minimum: string };
  readonly files: readonly VendorFile[];
  /** What a device gets that has no proof of itself yet: files of its own, under names that its phone asks for. */
  readonly bootstrap?: readonly VendorFile[];
  /** The settings layer of the model (vendor.yml's `defaults` and then the model's), raw. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface NotifyEvent {
  /** The Event header: `check-sync;reboot=false`. */
  readonly event: string;
  readonly content_type?: string;
  readonly body?: string;
}

export interface UserAgentExample {
  readonly user_agent: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly mac?: string;
}

/** Characters (code points) of a text that phones keep. */
export interface VendorLimits {
  readonly line_label?: number;
  readonly line_name?: number;
  readonly key_label?: number;
}

/** What a phone is told that asks by multicast, as vendor.yml says it. */
export interface VendorPnp {
  /** With `{url}`, `{mac}`, `{MAC}`, `{model}`, or a property of the model's entry. */
  readonly url: string;
  readonly content_type: string;
}

export const usualPnp: VendorPnp = { url: '{url}/', content_type: 'application/url' };

/** An option of DHCP that the vendor's phones read. */
export interface DhcpOption {
  readonly code: number;
  /** Of what option 43 encapsulates (RFC 2132 section 8.4). */
  readonly suboption?: number;
  /**
   * `{url}` where the files are, `{server}` the same, but over TFTP at its usual port the address alone (RFC 2132 section 9.4),
   * `{location}` without the scheme, `{address}` the address.
   */
  readonly value: string;
  /** `addresses`: IPv4 addresses, four bytes each. */
  readonly type: 'text' | 'addresses';
  /** Only where phones are told to fetch by one of these. */
  readonly protocols?: readonly Server['protocol'][];
}

/** What DHCP says to the vendor's phones. */
export interface VendorDhcp {
  /** What stands in option 60 of their requests, as it is spelt there. */
  readonly vendor_class?: string;
  /** At its beginning, or somewhere in it. */
  readonly class_match: 'begins' | 'contains';
  readonly options: readonly DhcpOption[];
}

/** Every phone reads option 66. */
export const usualDhcp: VendorDhcp = {
  class_match: 'begins',
  options: [{ code: 66, value: '{server}', type: 'text' }],
};

/** A folder of templates/ with its vendor.yml read and checked. */
export interface Vendor {
  readonly id: string;
  readonly title: string;
  /** First six digits of the MACs, lower case. */
  readonly ouis: readonly string[];
  readonly models: ReadonlyMap<string, Model>;
  /** With the named groups `model`, `firmware`, `mac`; the first that matches counts. */
  readonly user_agents: readonly RegExp[];
  /** User agents that real phones sent, and what is read from them. */
  readonly examples?: readonly UserAgentExample[];
  /** Of each the events to try in turn: the next where a phone does not do the one before. */
  readonly notify: { readonly resync: readonly NotifyEvent[]; readonly reboot: readonly NotifyEvent[] };
  /** Where its device certificates carry the MAC: the group `mac`, over `CN=…`, `DNS:…` and so on; unknown when absent. */
  readonly certificates?: readonly RegExp[];
  /** What its phones answer when credentials are asked for; both when absent. */
  readonly authentication?: readonly ('basic' | 'digest')[];
  /** What its phones send back; nothing when absent. */
  readonly uploads?: readonly UploadRule[];
  /** Absent when its phones have none. */
  readonly phonebook?: PhonebookFile;
  /** `usualPnp` and `usualDhcp` where it says nothing of them. */
  readonly pnp?: VendorPnp;
  readonly dhcp?: VendorDhcp;
  /** A changed line of a file that matches one of these needs a reboot. */
  readonly reboot_when: readonly RegExp[];
  /** Words of ours to words of the vendor: `tables.language.de`. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How much its phones keep of a text, as far as it is known; templates have it as `limits`. */
  readonly limits?: VendorLimits;
  /** A name in `parameters` must match it. */
  readonly parameter_name: RegExp;
  /** What a line of a `cfg` file looks like; its group `name` is the setting's name. */
  readonly grammar?: RegExp;
}

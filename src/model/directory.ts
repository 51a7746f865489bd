import type { Secret } from './secret.ts';

/** What a phone shows of the people besides its keys. Of what is absent nothing is said, and the phone keeps what it has. */
export interface Directory {
  readonly phonebook?: 'off' | PhonebookSettings;
  readonly ldap?: 'off' | LdapDirectory;
}

export interface PhonebookSettings {
  /** As the phone calls it. */
  readonly title: string;
  /** Minutes between two fetches of the phone's own accord. */
  readonly refresh: number;
}

/** How the phone's connection to the directory is protected. */
export type LdapSecurity = 'none' | 'start_tls' | 'ldaps';

/** A directory that the phone itself asks, with an account of the phones' own. */
export interface LdapDirectory {
  readonly title: string;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly security: LdapSecurity;
  readonly base: string;
  /** A DN, or what the directory takes for one; nobody, and no password, for an anonymous bind. */
  readonly user?: string;
  readonly password?: Secret;
  /** `%` is what was typed: an entry fits that begins with it. */
  readonly name_filter: string;
  readonly number_filter: string;
  readonly name_attributes: readonly string[];
  readonly number_attributes: readonly string[];
  /** The attributes that are shown of an entry. */
  readonly display_name: readonly string[];
  readonly max_hits: number;
  /** Whether a caller's number is looked up. */
  readonly lookup: boolean;
}

/** What holds where `directory` says no more; the schema shows the same values as `default`. */
export const directoryDefaults = {
  phonebook: { title: 'Company', refresh: 360 },
  ldap: {
    title: 'Company',
    start_tls: false,
    name_attributes: ['cn'],
    number_attributes: ['telephoneNumber', 'mobile'],
    max_hits: 50,
    lookup: false,
  },
} as const;

/** A filter that any of the attributes fits: `(cn=%)`, `(|(cn=%)(sn=%))`. */
export const anyOf = (attributes: readonly string[]): string => {
  const parts = attributes.map((attribute) => `(${attribute}=%)`).join('');
  return attributes.length === 1 ? parts : `(|${parts})`;
};

const usualPorts: Readonly<Record<string, number>> = { ldap: 389, ldaps: 636 };

/** The parts of `ldap://HOST[:PORT]`, whose form the schema has checked. */
export function readLdapUrl(url: string): { readonly scheme: string; readonly host: string; readonly port: number } {
  const [, scheme = 'ldap', host = '', port] =
    /^(ldaps?):\/\/(\[[^\]]*\]|[^:/]*)(?::([0-9]+))?\/?$/i.exec(url.trim()) ?? [];
  const lower = scheme.toLowerCase();
  return { scheme: lower, host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? usualPorts[lower]) };
}

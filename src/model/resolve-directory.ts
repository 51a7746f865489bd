import {
  anyOf,
  type Directory,
  directoryDefaults,
  type LdapDirectory,
  type LdapSecurity,
  type PhonebookSettings,
  readLdapUrl,
} from './directory.ts';
import type { Fault } from './faults.ts';
import { isLdapFilter } from './ldap-text.ts';
import { isWordLeftOut } from './left-out.ts';
import type { Secret } from './secret.ts';
import type { Path, RawDirectory, RawLdapDirectory, RawSecret, Sources } from './sources.ts';
import type { Vendor } from './vendor.ts';

interface Context {
  readonly vendor: Vendor | undefined;
  readonly report: (fault: Fault) => void;
  readonly read: (reference: RawSecret | undefined, path: Path) => Secret | undefined;
}

/** What the layers say of the directory together. What the vendor's phones cannot do is a warning, and off. */
export function resolveDirectory(raw: RawDirectory | undefined, context: Context): Directory | undefined {
  if (raw === undefined) return undefined;
  if (raw === 'off') return off;
  const phonebook = resolvePhonebook(raw.phonebook, context);
  const ldap = resolveLdap(raw.ldap, context);
  return phonebook === undefined && ldap === undefined ? undefined : Object.freeze({ phonebook, ldap });
}

const off: Directory = Object.freeze({ phonebook: 'off', ldap: 'off' });

type Raw = Exclude<RawDirectory, 'off'>;

function resolvePhonebook(raw: Raw['phonebook'], { vendor, report }: Context): 'off' | PhonebookSettings | undefined {
  if (raw === undefined || raw === 'off') return raw;
  if (vendor && !vendor.phonebook) {
    report(warning(['directory', 'phonebook'], `nothing is known of a phonebook of ${vendor.title}: left out`));
    return 'off';
  }
  return Object.freeze({ ...directoryDefaults.phonebook, ...(raw === 'on' ? undefined : raw) });
}

function resolveLdap(raw: Raw['ldap'], context: Context): 'off' | LdapDirectory | undefined {
  if (raw === undefined || raw === 'off') return raw;
  const { vendor, report, read } = context;
  const password = read(raw.password, ['directory', 'ldap', 'password']);
  for (const word of ['name_filter', 'number_filter'] as const) checkFilter(word, raw[word], report);
  // A layer by itself may say only a part; what is missing of all of them is found by `directoryFaults`.
  const { url, base, ...rest } = raw;
  if (url === undefined || base === undefined) return undefined;
  const { scheme, host, port } = readLdapUrl(url);
  const security = scheme === 'ldaps' ? 'ldaps' : raw.start_tls ? 'start_tls' : 'none';
  const words = vendor?.tables.ldap && Object.keys(vendor.tables.ldap);
  if (vendor && words && !words.includes(security)) {
    const known = Object.entries(ways).flatMap(([word, way]) => (words.includes(word) ? way : []));
    const message = `${vendor.title} reaches no directory by ${ways[security]}: left out; it knows ${known.join(', ') || 'none'}`;
    report(warning(['directory', 'ldap', 'url'], message));
    return 'off';
  }
  const { start_tls: _, ...defaults } = directoryDefaults.ldap;
  const { name_attributes, number_attributes } = { ...defaults, ...rest };
  return Object.freeze({
    ...{ title: rest.title ?? defaults.title, host, port, security, base, user: rest.user, password },
    ...{ name_attributes, number_attributes, display_name: rest.display_name ?? name_attributes },
    name_filter: rest.name_filter ?? anyOf(name_attributes),
    number_filter: rest.number_filter ?? anyOf(number_attributes),
    max_hits: rest.max_hits ?? defaults.max_hits,
    lookup: rest.lookup ?? defaults.lookup,
  });
}

/** As people say it. */
const ways: Readonly<Record<LdapSecurity, string>> = {
  ldaps: 'ldaps',
  start_tls: 'StartTLS',
  none: 'ldap in the clear',
};

const warning = (path: Path, message: string): Fault => ({
  ...{ code: 'unsupported-value', path, severity: 'warning', message },
});

function checkFilter(word: 'name_filter' | 'number_filter', text: string | undefined, report: Context['report']): void {
  if (text === undefined || (isLdapFilter(text) && text.includes('%'))) return;
  const path = ['directory', 'ldap', word];
  const message = isLdapFilter(text)
    ? `${word} has no %, which stands for what is typed; wanted a filter such as (cn=%)`
    : `${word} is no filter; wanted one such as (cn=%), in parentheses that match (RFC 4515)`;
  report({ code: 'directory', path, severity: 'error', message });
}

/** What a device is told of a directory that can only be seen of all its layers together. Paths start at its settings. */
export function directoryFaults(raw: RawDirectory | undefined, sources: Pick<Sources, 'leftOut'>): readonly Fault[] {
  const ldap = raw === undefined || raw === 'off' || raw.ldap === 'off' ? undefined : raw.ldap;
  if (ldap === undefined) return [];
  return [...(isWordLeftOut(sources, 'directory') ? [] : missingWords(ldap)), ...plainPassword(ldap)];
}

function missingWords(ldap: RawLdapDirectory): Fault[] {
  const fault = (message: string): Fault => ({
    ...{ code: 'directory', path: ['directory', 'ldap'], severity: 'error', message },
  });
  const faults = (['url', 'base'] as const)
    .filter((word) => ldap[word] === undefined)
    .map((word) => fault(`the directory has no ${word}; wanted both url and base`));
  if (ldap.password !== undefined && ldap.user === undefined)
    faults.push(fault('the directory has a password and no user; wanted both, or neither'));
  if (ldap.user !== undefined && ldap.password === undefined)
    faults.push(fault('the directory has a user and no password; wanted both, or neither'));
  return faults;
}

function plainPassword({ url, start_tls, password }: RawLdapDirectory): Fault[] {
  if (password === undefined || url === undefined || start_tls || /^ldaps:/i.test(url)) return [];
  const message =
    'phones send the password of the directory in the clear to whoever listens; wanted ldaps:// or `start_tls: true`';
  return [{ code: 'exposed-passwords', path: ['directory', 'ldap', 'url'], severity: 'warning', message }];
}

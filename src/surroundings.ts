import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import type { LdapSource } from './model/people-source.ts';
import { Secret } from './model/secret.ts';
import { identify } from './model/user-agent.ts';
import type { Vendor } from './model/vendor.ts';
import { formatPlace } from './problem.ts';
import { addressesOf } from './setup/addresses.ts';
import type { Directory } from './setup/answers.ts';
import { createCatalogue } from './setup/catalogue.ts';
import type { Asked, Found, World } from './setup/world.ts';
import { parseCsv } from './source/people/csv.ts';
import type { Memory } from './source/people/ldap/memory.ts';
import { readPeople } from './source/people/ldap/people-text.ts';
import { createTimezoneReader } from './source/timezones.ts';
import { createVendorReader } from './source/vendors.ts';
import { readJournal } from './state/journal.ts';
import { gatherUnknown, type UnknownDevices } from './state/unknown.ts';
import type { Askings } from './state/unknown-query.ts';
import { syncDirectory } from './sync-directory.ts';

export interface SurroundingsOptions {
  readonly dir: string;
  readonly state: string;
  readonly shipped: { readonly schema: string; readonly templates: string };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the setup finds out by itself: of this machine, of the journal, and of a directory that it is told of. */
export function createSurroundings({ dir, state, shipped, env }: SurroundingsOptions): World {
  const { vendors } = createVendorReader(shipped)();
  return {
    addresses: addressesOf(networkInterfaces()),
    catalogue: createCatalogue(vendors),
    timezones: new Set(createTimezoneReader(shipped.templates)().keys()),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    language: languageOf(env),
    asked: askedIn(state, vendors),
    tryDirectory: (directory) => tryDirectory(dir, directory),
    rowsOf,
    absolute: (path) => resolve(path),
    // 120 bits, of letters and digits that nobody mistakes for each other.
    makePassword: () => [...randomBytes(24)].map((byte) => alphabet[byte % alphabet.length]).join(''),
  };
}

/** 32 of them: each byte counts for one as often as for another. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789A';

/** `de` of `de_DE.UTF-8`; of `C` and of nothing English. */
function languageOf({ LC_ALL, LC_MESSAGES, LANG }: SurroundingsOptions['env']): string {
  const [, language] = /^([a-z]{2,3})(?:[_.@]|$)/.exec(LC_ALL || LC_MESSAGES || LANG || '') ?? [];
  return language ?? 'en';
}

/** Phones that asked in vain, by the journal of a daemon that ran here before there was a devices.yml. */
function askedIn(state: string, vendors: ReadonlyMap<string, Vendor>): Asked[] {
  const journal = readJournal({ folder: state });
  if (!journal) return [];
  try {
    let found: UnknownDevices | undefined;
    journal.askings('devices', 0, (devices) => {
      const shared = (each: (rows: Iterable<Askings>) => void) => journal.askings('shared', 0, each);
      found = gatherUnknown({ devices, shared, vendors, isKnown: () => false });
    });
    const catalogue = createCatalogue(vendors);
    return (found?.phones ?? []).map(({ last_seen, ...phone }) => {
      // A daemon without a build knows no vendors yet, and wrote down what a phone calls itself as a whole.
      const { vendor, model: says = phone.says } = identify(phone.user_agent ?? '', vendors.values());
      return { ...phone, ...catalogue.find(phone.model ?? says ?? '', phone.vendor ?? vendor), says, at: last_seen };
    });
  } finally {
    journal.close();
  }
}

function rowsOf(text: string): readonly (readonly string[])[] {
  const { rows, problem } = parseCsv('the list of phones', text);
  if (problem) throw new Error(`${formatPlace(problem)} ${problem.message}`);
  return rows;
}

/** Nothing is kept of it. */
const forgetful: Memory = { cursor: () => undefined, everybody: () => undefined, keepEverybody() {}, keepCursor() {} };

async function tryDirectory(dir: string, directory: Directory): Promise<Found> {
  const { text = '', notes } = await syncDirectory({
    source: ldapSource(directory),
    // Nothing is there to be held against: the whole file is wanted, also when one of a former setup says the same.
    dir: join(dir, '.offhook-setup'),
    secret: () => new Secret(directory.password ?? ''),
    ...{ memory: forgetful, full: true, dryRun: true, accept: true },
  });
  const people = readPeople(text) ?? new Map();
  return { people: new Map([...people].map(([number, { name }]) => [number, name])), notes, text };
}

/** The password is handed in: what stands in for it here is never looked up. */
function ldapSource({ password, text: _, ...rest }: Directory): LdapSource {
  return { ...rest, ...(password !== undefined && { password: { env: 'NOT_LOOKED_UP' } }) };
}

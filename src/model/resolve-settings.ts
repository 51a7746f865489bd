import { quoted } from '../problem.ts';
import { resolveAccess } from './access.ts';
import type { Server, Settings, Sip, Transport } from './device.ts';
import type { Fault } from './faults.ts';
import { builtIn } from './layers.ts';
import { nearest } from './nearest.ts';
import { isPasswordName } from './password-name.ts';
import { resolveDirectory } from './resolve-directory.ts';
import { Secret } from './secret.ts';
import type { Path, RawSecret, RawServer, RawSettings, RawSip, Sources } from './sources.ts';
import type { Vendor } from './vendor.ts';

export interface ResolvedSettings {
  readonly settings: Settings;
  /** Without a server when no layer names one. */
  readonly sip: Sip;
  /** Paths start at the settings. */
  readonly faults: readonly Fault[];
}

/** Turns merged layers into settings that the vendor has words for; what it has none for is a fault. */
export function resolveSettings(merged: RawSettings, vendor: Vendor | undefined, sources: Sources): ResolvedSettings {
  const faults: Fault[] = [];
  const report = (fault: Fault) => void faults.push(fault);
  const words = vendorWords(vendor, report);
  const sip = resolveSip(merged.sip ?? {});
  words.check('transport', ['sip', 'transport'], sip.transport);
  const { sip: _sip, keys: _keys, ...rest } = { ...builtIn, ...merged };
  const settings: Settings = {
    ...rest,
    timezone: checkTimezone(rest.timezone, sources, report),
    language: words.language(rest.language),
    codecs: words.codecs(rest.codecs),
    dtmf: words.check('dtmf', ['dtmf'], rest.dtmf),
    srtp: words.check('srtp', ['srtp'], rest.srtp),
    ntp: typeof rest.ntp === 'string' ? [rest.ntp] : rest.ntp,
    admin_password: readSecret(rest.admin_password, { sources, path: ['admin_password'], report }),
    user_password: readSecret(rest.user_password, { sources, path: ['user_password'], report }),
    parameters: readParameters(rest.parameters, sources, report),
    access: resolveAccess(rest.access, sources, report),
    directory: resolveDirectory(rest.directory, {
      ...{ vendor, report },
      read: (reference, path) => readSecret(reference, { sources, path, report }),
    }),
  };
  checkParameters(rest.parameters, vendor, report);
  return { settings: Object.freeze(settings), sip, faults };
}

/** A transport that a line alone has. */
export function transportFaults(transport: Transport | undefined, vendor: Vendor, path: Path): readonly Fault[] {
  const faults: Fault[] = [];
  if (transport !== undefined) vendorWords(vendor, (fault) => faults.push(fault)).check('transport', path, transport);
  return faults;
}

/** The lines' registration with every word filled in. */
export function resolveSip(raw: RawSip): Sip {
  const withPort = (other?: { server: string; port?: number }) => other && { port: 5060, ...other };
  const { server = '', ...rest } = { ...builtIn.sip, ...raw };
  return Object.freeze({
    ...rest,
    server,
    outbound_proxy: withPort(raw.outbound_proxy),
    backup: withPort(raw.backup),
  });
}

/** What phones are told, with the default ports. */
export function resolveServer(raw: RawServer): Server {
  const { address, protocol = 'http', https } = raw;
  return Object.freeze({
    address,
    protocol,
    http: Object.freeze({ port: raw.http?.port ?? 8080 }),
    ...(https && { https: Object.freeze({ port: https.port ?? 8443, asks: https.client_ca !== undefined }) }),
    tftp: Object.freeze({ port: raw.tftp?.port ?? 69 }),
  });
}

type Report = (fault: Fault) => void;

/** Looks our words up in the vendor's tables. A vendor without a table takes every word. */
function vendorWords(vendor: Vendor | undefined, report: Report) {
  const known = (table: string): readonly string[] | undefined => {
    const words = vendor?.tables[table];
    return words && Object.keys(words);
  };
  const title = vendor?.title ?? '';

  function check<Word extends string>(table: string, path: Path, word: Word): Word {
    const words = known(table);
    if (words && !words.includes(word))
      report({
        code: 'unsupported-value',
        path,
        severity: 'error',
        message: `${title} has no ${table} ${word}; wanted one of ${words.join(', ')}`,
      });
    return word;
  }

  function language(tag: string): string {
    const words = known('language');
    const found = [tag.toLowerCase(), tag.toLowerCase().split('-')[0] ?? ''].find(
      (word) => !words || words.includes(word),
    );
    if (found !== undefined) return found;
    const message = `${title} has no language ${tag}, and stays at en; it has ${words?.join(', ')}`;
    report({ code: 'unsupported-value', path: ['language'], severity: 'warning', message });
    return 'en';
  }

  function codecs(wanted: readonly string[]): readonly string[] {
    const words = known('codec');
    if (!words) return wanted;
    const missing = wanted.filter((codec) => !words.includes(codec));
    if (missing.length === 0) return wanted;
    const severity = missing.length === wanted.length ? 'error' : 'warning';
    const message = `${title} has no codec ${missing.join(', ')}${severity === 'error' ? '' : ': left out'}; it has ${words.join(', ')}`;
    report({ code: 'unsupported-value', path: ['codecs'], severity, message });
    return wanted.filter((codec) => words.includes(codec));
  }

  return { check, language, codecs };
}

function checkTimezone(zone: string, { timezones }: Sources, report: Report): string {
  if (timezones.has(zone)) return zone;
  const guess = nearest(zone, timezones.keys());
  const hint = guess ? `did you mean "${guess}"?` : 'wanted a name such as Europe/Berlin';
  report({
    code: 'unknown-timezone',
    path: ['timezone'],
    severity: 'error',
    message: `${quoted(zone)} is no IANA time zone; ${hint}`,
  });
  return 'UTC';
}

function readSecret(
  reference: RawSecret | undefined,
  { sources, path, report }: { sources: Sources; path: Path; report: Report },
): Secret | undefined {
  if (reference === undefined) return undefined;
  const answer = sources.secret(reference);
  if (answer instanceof Secret) return answer;
  report({ code: 'secret', path, severity: 'error', message: `${answer.unreadable}; wanted a password` });
  return undefined;
}

/** What is referred to is a secret, and what is called one is, too: it is shown nowhere. */
function readParameters(
  parameters: Readonly<Record<string, RawSecret>>,
  sources: Sources,
  report: Report,
): Settings['parameters'] {
  const entries = Object.entries(parameters).map(([name, raw]) => {
    const isText = typeof raw === 'string' && (raw === '' || !isPasswordName(name));
    return [name, isText ? raw : (readSecret(raw, { sources, path: ['parameters', name], report }) ?? '')] as const;
  });
  return Object.fromEntries(entries);
}

function checkParameters(
  parameters: Readonly<Record<string, RawSecret>>,
  vendor: Vendor | undefined,
  report: Report,
): void {
  if (!vendor) return;
  for (const name of Object.keys(parameters))
    if (!vendor.parameter_name.test(name))
      report({
        code: 'unsupported-value',
        path: ['parameters', name],
        severity: 'error',
        message: `${quoted(name)} is no name of a parameter of ${vendor.title}; wanted the form ${vendor.parameter_name.source}`,
      });
}

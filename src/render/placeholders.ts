import type { Line, Server, Settings } from '../model/device.ts';
import type { LdapDirectory, LdapSecurity } from '../model/directory.ts';
import { nearest } from '../model/nearest.ts';
import { Secret } from '../model/secret.ts';
import type { Format } from '../model/vendor.ts';
import { print } from './escape.ts';
import { messageOf, TemplateFailure, type TemplateFault } from './failure.ts';

/**
 * A custom template of the PBX that many users come from: a file `<vendor>_<model>.template`, whose `{{EXTENSION_NUMBER}}`
 * and the like are replaced and which knows no loops and no conditions.
 */
export interface PlaceholderTemplate {
  readonly name: string;
  /** Told by its first character: `<` is XML. */
  readonly format: Format;
  /** How many lines of a device it has room for; at least 1. */
  readonly lines: number;
  readonly faults: readonly TemplateFault[];
  /** Text of the template and values in turn. */
  readonly pieces: readonly (string | Value)[];
}

/** The part of a device's context that placeholders take their values from. */
export interface PlaceholderContext {
  readonly lines: readonly Line[];
  readonly server: Server & { readonly url: string | Secret };
  readonly settings: Settings;
  readonly vendor: { readonly phonebook?: string };
}

type Value = (context: PlaceholderContext) => unknown;

const placeholder = /\{\{\s*([\w.[\]-]+)\s*\}\}/;

const resources = '/provision/resources';

/** With a token the address is a secret as a whole. */
const below = (url: string | Secret, path: string): string | Secret =>
  url instanceof Secret ? new Secret(`${Secret.reveal(url)}${path}`) : `${url}${path}`;

const ldapOf = ({ settings: { directory } }: PlaceholderContext): LdapDirectory | undefined =>
  directory?.ldap === 'off' ? undefined : directory?.ldap;

/** That PBX's numbers. */
const tlsModes: Readonly<Record<LdapSecurity, number>> = { none: 0, start_tls: 1, ldaps: 2 };

/** Values of the site. Those of a directory are what that PBX wrote when none was set up. */
const ofSite: Readonly<Record<string, Value>> = {
  SIP_SERVER: ({ lines }) => lines[0]?.sip.server ?? '',
  SIP_PORT: ({ lines }) => lines[0]?.sip.port ?? 5060,
  SERVER_NAME: ({ lines, server }) => lines[0]?.sip.server ?? server.address,
  PROVISION_RESOURCE_URL: ({ server: { url } }) => below(url, resources),
  DTMF_PAYLOAD_TYPE: () => 101,
  LDAP_ENABLE: (context) => (ldapOf(context) ? 1 : 0),
  LDAP_SERVER: (context) => ldapOf(context)?.host ?? '',
  LDAP_PORT: (context) => ldapOf(context)?.port ?? 636,
  LDAP_BASE: (context) => ldapOf(context)?.base ?? '',
  LDAP_USER: (context) => ldapOf(context)?.user ?? '',
  LDAP_PASSWORD: (context) => ldapOf(context)?.password ?? '',
  LDAP_VERSION: () => 3,
  LDAP_TLS_MODE: (context) => tlsModes[ldapOf(context)?.security ?? 'start_tls'],
  LDAP_NAME_FILTER: (context) => ldapOf(context)?.name_filter ?? '(|(cn=%)(sn=%))',
  LDAP_NUMBER_FILTER: (context) => ldapOf(context)?.number_filter ?? '(|(telephoneNumber=%)(mobile=%))',
  LDAP_NAME_ATTR: (context) => ldapOf(context)?.name_attributes.join(' ') ?? 'cn',
  LDAP_NUMBER_ATTR: (context) => ldapOf(context)?.number_attributes.join(' ') ?? 'telephoneNumber',
  LDAP_DISPLAY_NAME: (context) => ldapOf(context)?.title ?? 'Company Directory',
  REMOTE_PHONEBOOK_URL: ({ server: { url }, settings, vendor }) => {
    if (typeof settings.directory?.phonebook !== 'object' || vendor.phonebook === undefined) return '';
    return below(url, `/${vendor.phonebook}`);
  },
  REMOTE_PHONEBOOK_REFRESH: ({ settings }) =>
    typeof settings.directory?.phonebook === 'object' ? settings.directory.phonebook.refresh : 60,
};

/** Values of a line: of the first without a number, of others with it (`EXTENSION_NUMBER_2`); blank where the device has no such line. */
const ofLine: Readonly<Record<string, (line: Line) => unknown>> = {
  EXTENSION_NUMBER: (line) => line.extension,
  EXTENSION_NAME: (line) => line.name,
  EXTENSION_PASSWORD: (line) => line.password,
};

const known = [...Object.keys(ofSite), ...Object.keys(ofLine), 'EXTENSION_NUMBER_2', 'LINE_2_ENABLE'];

/** Reads such a template; every unknown placeholder is a fault with its place. */
export function compilePlaceholders(name: string, source: string): PlaceholderTemplate {
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  // Every second piece is the name of a placeholder.
  const pieces = text.split(placeholder);
  const names = pieces.filter((_, index) => index % 2 === 1);
  return {
    name,
    format: text.trimStart().startsWith('<') ? 'xml' : 'cfg',
    lines: Math.max(1, ...names.map(lineOf)),
    faults: [...findUnknown(name, text)],
    pieces: pieces.map((piece, index) => (index % 2 === 0 ? piece : (valueFor(piece) ?? ''))),
  };
}

/** Renders it for a device; secrets still have their marks. @throws TemplateFailure */
export function fillPlaceholders({ name, pieces }: PlaceholderTemplate, format: Format, context: object): string {
  const failure = (message: string) => new TemplateFailure({ template: name, message });
  if (!isPlaceholderContext(context)) throw failure('can only be the file of a device');
  try {
    return pieces.map((piece) => (typeof piece === 'string' ? piece : print(format, piece(context)))).join('');
  } catch (error) {
    throw failure(messageOf(error));
  }
}

const isPlaceholderContext = (context: object): context is PlaceholderContext => 'lines' in context;

function valueFor(name: string): Value | undefined {
  if (Object.hasOwn(ofSite, name)) return ofSite[name];
  const line = lineOf(name);
  if (/^LINE_\d+_ENABLE$/.test(name)) return ({ lines }) => (lines[line - 1] ? 'Yes' : 'No');
  const field = ofLine[name.replace(/_[1-9]\d?$/, '')];
  if (!field) return undefined;
  return ({ lines }) => {
    const found = lines[line - 1];
    return found ? field(found) : '';
  };
}

/** The line that a placeholder speaks of; 1 for those of the site. */
function lineOf(name: string): number {
  const [, after, within] = /^EXTENSION_[A-Z]+_([1-9]\d?)$|^LINE_([1-9]\d?)_ENABLE$/.exec(name) ?? [];
  return Number(after ?? within ?? 1);
}

function* findUnknown(template: string, text: string): Generator<TemplateFault> {
  for (const match of text.matchAll(new RegExp(placeholder, 'g'))) {
    const name = match[1] ?? '';
    if (valueFor(name)) continue;
    const before = text.slice(0, match.index).split('\n');
    const guess = nearest(name, known);
    const hint = guess ? `did you mean "{{${guess}}}"?` : `known are ${known.join(', ')}`;
    const column = (before.at(-1)?.length ?? 0) + 1;
    yield { template, line: before.length, column, message: `unknown placeholder "{{${name}}}"; ${hint}` };
  }
}

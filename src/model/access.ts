import { isRange, parseCidr } from './cidr.ts';
import type { Access, Device, Server } from './device.ts';
import type { Fault } from './faults.ts';
import { findSection } from './layers.ts';
import { Secret } from './secret.ts';
import type { RawAccess, RawSecret, Sources } from './sources.ts';
import type { Model, Vendor } from './vendor.ts';

/** The path that a phone is told in place of `/`, when it has a token. */
export const tokenPrefix = (token: string): string => `/t/${token}`;

/** When an address is taken for a guesser; `per_minute`: unknown devices in a minute that are borne. */
export interface GuessingSettings {
  readonly per_minute: number;
  readonly slow_ms: number;
  readonly refuse_minutes: number;
}

/** Enough for a site whose phones are not all listed yet, and too few to find any among 16 million. */
const usualGuessing: GuessingSettings = { per_minute: 30, slow_ms: 500, refuse_minutes: 10 };

/**
 * What holds for what names no device, and for guessers: they are looked for as soon as anything is said of access
 * anywhere. What is wrong with it is found with the other layers.
 */
export function resolveSiteAccess(
  devices: readonly Device[],
  sources: Sources,
): { readonly access?: Access; readonly guessing?: GuessingSettings } {
  const raw = findSection(sources, 'access')?.value;
  if (raw === undefined && devices.every(({ settings }) => settings.access === undefined)) return {};
  const guessing = raw?.guessing === 'off' ? undefined : Object.freeze({ ...usualGuessing, ...raw?.guessing });
  return { access: resolveAccess(raw, sources, () => {}), guessing };
}

type Report = (fault: Fault) => void;

/** What the layers say of access together; `off` and `any` of a stronger layer take back what a weaker one asks. */
export function resolveAccess(raw: RawAccess | undefined, sources: Sources, report: Report): Access | undefined {
  if (raw === undefined) return undefined;
  const reader = { sources, report };
  const token = (name: 'token' | 'bootstrap_token') =>
    raw[name] === 'off' ? undefined : readText(raw[name], { ...reader, path: ['access', name], form: tokenForm });
  const access: Access = {
    networks: raw.networks === 'any' ? undefined : checkNetworks(raw.networks, report),
    credentials: readCredentials(raw.credentials, sources, report),
    token: token('token'),
    bootstrap_token: token('bootstrap_token'),
    unauthenticated: raw.unauthenticated === 'bootstrap' ? 'bootstrap' : undefined,
    certificate: raw.certificate === 'off' ? undefined : raw.certificate,
    address: raw.address === 'device' ? 'device' : undefined,
    user_agent: raw.user_agent === 'vendor' ? 'vendor' : undefined,
    former: raw.former === 'off' ? undefined : readFormer(raw.former, reader),
    enforce: raw.enforce === 'off' ? 'off' : undefined,
  };
  return Object.values(access).some((value) => value !== undefined) ? Object.freeze(access) : undefined;
}

function checkNetworks(networks: readonly string[] | undefined, report: Report): readonly string[] | undefined {
  return networks?.filter((network, index) => {
    const range = parseCidr(network);
    if (isRange(range)) return true;
    report({ code: 'access', path: ['access', 'networks', index], severity: 'error', message: range.fault });
    return false;
  });
}

function readCredentials(raw: RawAccess['credentials'], sources: Sources, report: Report): Access['credentials'] {
  // A layer by itself may say only a part of them; that a device has both is seen to by `accessFaults`.
  if (raw === undefined || raw === 'off' || raw.password === undefined) return undefined;
  const path = ['access', 'credentials', 'password'];
  const password = readText(raw.password, { sources, report, path, form: passwordForm });
  if (raw.user === undefined || password === undefined) return undefined;
  return Object.freeze({ user: raw.user, password, scheme: raw.scheme ?? 'both' });
}

function readFormer(
  raw: Exclude<RawAccess['former'], 'off'>,
  reader: Pick<TextInput, 'sources' | 'report'>,
): Access['former'] {
  if (raw === undefined) return undefined;
  const { user = '', password: written } = raw.credentials ?? {};
  const path = ['access', 'former', 'credentials', 'password'];
  const token = readText(raw.token, { ...reader, path: ['access', 'former', 'token'], form: tokenForm });
  const password = readText(written, { ...reader, path, form: passwordForm });
  return Object.freeze({ token, credentials: password && Object.freeze({ user, password }) });
}

/** What must be so of the text itself, wherever it is kept. */
interface Form {
  readonly name: string;
  readonly pattern: RegExp;
  readonly title: string;
}

/** Fit for a path, and not to be guessed. */
const tokenForm: Form = {
  name: 'token',
  pattern: /^[A-Za-z0-9_-]{16,128}$/,
  title: '16 to 128 letters, digits, - and _',
};

/** Phones have it in rules and URLs of their own, where blanks, quotes, brackets, `$`, `|` and `;` have a meaning. */
const passwordForm: Form = {
  name: 'password',
  pattern: /^[A-Za-z0-9!%&*+,./:<=>?@^_~-]{1,128}$/,
  title: '1 to 128 letters, digits and any of ! % & * + , - . / : < = > ? @ ^ _ ~',
};

interface TextInput {
  readonly sources: Sources;
  readonly report: Report;
  readonly path: Fault['path'];
  readonly form: Form;
}

function readText(raw: RawSecret | undefined, { sources, report, path, form }: TextInput): Secret | undefined {
  if (raw === undefined) return undefined;
  const answer = sources.secret(raw);
  const fault = (message: string) => report({ code: 'secret', path, severity: 'error', message });
  if (!(answer instanceof Secret)) fault(`${answer.unreadable}; wanted ${form.title}`);
  // Where nothing outside the repository is read, a placeholder stands for what is there.
  else if (typeof raw === 'object' && Secret.reveal(answer).startsWith('placeholder for ')) return answer;
  else if (!form.pattern.test(Secret.reveal(answer)))
    fault(`the ${form.name} is not of its form; wanted ${form.title}`);
  else return answer;
  return undefined;
}

interface Asked {
  /** As the layers say it together. */
  readonly raw: RawAccess | undefined;
  readonly access: Access | undefined;
  readonly vendor: Vendor;
  readonly model: Model;
  readonly server: Server;
  readonly ip?: string;
}

/** What a device is asked for and can never give. Paths start at its settings, `ip` at the device. */
export function accessFaults(asked: Asked): readonly Fault[] {
  return [...credentialsFaults(asked), ...tokenFaults(asked), ...certificateFaults(asked), ...addressFaults(asked)];
}

const faultAt = (word: string, message: string): Fault => ({
  code: 'access',
  path: ['access', ...word.split('.')],
  severity: 'error',
  message,
});

function credentialsFaults({ raw, access, vendor, server }: Asked): Fault[] {
  const written = raw?.credentials;
  if (written === undefined || written === 'off') return [];
  const missing = (['user', 'password'] as const).filter((word) => written[word] === undefined);
  const faults = missing.map((word) => faultAt('credentials', `the credentials have no ${word}; wanted both`));
  if (server.protocol === 'tftp')
    faults.push(faultAt('credentials', `${tellsBy(server)}, which carries no credentials; wanted http or https`));
  if (access?.credentials?.scheme === 'digest' && vendor.authentication?.includes('digest') === false)
    faults.push(faultAt('credentials.scheme', `phones of ${vendor.title} know no digest; wanted both`));
  return faults;
}

const tellsBy = ({ protocol }: Server) => `phones are told to fetch by ${protocol}`;

function tokenFaults({ access = {}, vendor, model }: Asked): Fault[] {
  const { token, bootstrap_token, unauthenticated } = access;
  const faults: Fault[] = [];
  if (bootstrap_token && !token)
    faults.push(
      faultAt(
        'bootstrap_token',
        'a bootstrap token leads to the device’s own token, and there is none; wanted `token`',
      ),
    );
  if (bootstrap_token && token?.equals(bootstrap_token))
    faults.push(faultAt('bootstrap_token', 'the bootstrap token is the token itself; wanted two'));
  if (unauthenticated && token)
    faults.push(
      faultAt(
        'unauthenticated',
        'a bootstrap file without any proof would tell the token to anybody; wanted `bootstrap_token`',
      ),
    );
  const wanting = bootstrap_token ? 'bootstrap_token' : unauthenticated ? 'unauthenticated' : undefined;
  if (wanting && !model.bootstrap?.length)
    faults.push(faultAt(wanting, `${vendor.title} ${model.title} has no bootstrap file`));
  return faults;
}

function certificateFaults({ access, vendor, server }: Asked): Fault[] {
  if (access?.certificate === undefined) return [];
  const faults: Fault[] = [];
  if (!server.https?.asks && (access.certificate === 'optional' || server.protocol === 'https'))
    faults.push(
      faultAt(
        'certificate',
        'no phone is asked for a certificate; wanted `server: { https: { cert, key, client_ca } }`',
      ),
    );
  if (access.certificate === 'optional') return faults;
  if (server.protocol !== 'https')
    faults.push(faultAt('certificate', `${tellsBy(server)}, which carries no certificate; wanted https`));
  if (!vendor.certificates?.length)
    faults.push(
      faultAt(
        'certificate',
        `nothing is known of certificates of ${vendor.title}; wanted \`certificates\` in vendor.yml`,
      ),
    );
  return faults;
}

function addressFaults({ access, ip }: Asked): Fault[] {
  if (access?.address !== 'device' || ip !== undefined) return [];
  const message = 'the device has no `ip`, and `access` wants its files to be fetched from there';
  return [{ code: 'access', path: ['ip'], severity: 'error', message }];
}

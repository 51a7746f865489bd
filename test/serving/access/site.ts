import { createHash } from 'node:crypto';
import type { Mac } from '../../../src/model/mac.ts';
import { keysOf } from '../../../src/serving/access/account.ts';
import type { AccessRequest, Admission, Denied } from '../../../src/serving/access/admission.ts';
import { createGate, type GateNews, type GateOptions } from '../../../src/serving/access/gate.ts';
import { type AccessRules, type DeviceRule, openRules, type Policy } from '../../../src/serving/access/rules.ts';
import { tokenHash } from '../../../src/serving/access/token.ts';

export const ada = '001565000001' as Mac;
export const bob = '001565000002' as Mac;
/** Of the same vendor as the others, and in no devices.yml. */
export const nobody = '001565000099' as Mac;

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export const bootstrapFile = (name: string, text: string) => {
  const bytes = Buffer.from(text);
  return { name, bytes, hash: createHash('sha256').update(bytes).digest('hex') };
};

/** A policy as people write it. */
export type Wanted = Omit<Policy, 'credentials' | 'formerCredentials'> & {
  readonly credentials?: Login;
  readonly formerCredentials?: Login;
};

interface Login {
  readonly user: string;
  readonly password: string;
  readonly scheme: 'basic' | 'digest' | 'both';
}

const provable = ({ user, password, scheme }: Login) => ({ user, scheme, keys: keysOf(user, password) });

const toPolicy = ({ credentials, formerCredentials, token, formerToken, bootstrapToken, ...rest }: Wanted): Policy => ({
  ...rest,
  credentials: credentials && provable(credentials),
  formerCredentials: formerCredentials && provable(formerCredentials),
  token: token && tokenHash(token),
  formerToken: formerToken && tokenHash(formerToken),
  bootstrapToken: bootstrapToken && tokenHash(bootstrapToken),
});

export interface SiteOptions {
  readonly site?: Wanted;
  /** Of each device; those that are not named have the site's. */
  readonly devices?: Readonly<Record<string, Wanted>>;
  readonly ips?: Readonly<Record<string, string>>;
  readonly guessing?: AccessRules['guessing'];
  readonly bootstrap?: AccessRules['bootstrap'];
  readonly protocol?: DeviceRule['protocol'];
  readonly basicOnly?: boolean;
}

/** The rules of a site with two devices, as a worker gets them: in a message. */
export function rulesOf({ site = {}, devices = {}, ips = {}, ...rest }: SiteOptions = {}): AccessRules {
  const { protocol = 'http', basicOnly = false, guessing, bootstrap = new Map() } = rest;
  const rule = (mac: Mac): DeviceRule => ({
    policy: toPolicy(devices[mac] ?? site),
    vendor: 'acme',
    ip: ips[mac],
    protocol,
  });
  const vendor = {
    ouis: ['001565'],
    userAgents: [/^Acme X9 (?<firmware>[\d.]+)(?: (?<mac>[0-9a-f:]{17}))?$/],
    certificates: [/^CN=(?<mac>[0-9A-F]{12})$/],
    basicOnly,
  };
  return structuredClone({
    ...openRules,
    site: toPolicy(site),
    devices: new Map([
      [ada, rule(ada)],
      [bob, rule(bob)],
    ]),
    vendors: new Map([['acme', vendor]]),
    guessing,
    bootstrap,
  });
}

const files = new Map([
  [`${ada}.cfg`, ada],
  [`${bob}.cfg`, bob],
  ['deadbeef00.cfg', ada],
]);

/** A gate with a clock that stands still, and what it told. */
export function gateOf(options: SiteOptions = {}, more: Partial<GateOptions> = {}) {
  const clock = { now: Date.UTC(2026, 10, 1) };
  const told: GateNews[] = [];
  const gate = createGate(rulesOf(options), {
    ownerOf: (name) => files.get(name),
    now: () => clock.now,
    tell: (news) => told.push(news),
    ...more,
  });
  const ask = (request: Partial<AccessRequest> = {}): Admission =>
    gate.admit({ protocol: 'http', address: '192.168.1.50', path: `/${ada}.cfg`, method: 'GET', ...request });
  return { ...gate, ask, clock, told };
}

export const isDenied = (admission: Admission): admission is Denied => !admission.allow;

/** In a few words: `allow`, `bootstrap`, or the rule that refused. */
export function wordOf(admission: Admission): string {
  if (isDenied(admission)) return admission.refusal;
  return admission.bootstrap ? 'bootstrap' : 'allow';
}

/** All that a client sees of a refusal; nonces differ by their nature and are blanked. */
export const seen = (admission: Admission): unknown =>
  isDenied(admission)
    ? {
        status: admission.status,
        challenge: admission.challenge?.map((text) => text.replace(/nonce="[^"]{40}"/, 'nonce=""')),
        delay: admission.delay,
      }
    : admission;

import type { GuessingSettings } from '../../model/access.ts';
import type { Access, Device } from '../../model/device.ts';
import type { File } from '../../model/file.ts';
import type { Mac } from '../../model/mac.ts';
import { sameItems } from '../../model/same-items.ts';
import { Secret } from '../../model/secret.ts';
import type { Site } from '../../model/site.ts';
import type { Vendor } from '../../model/vendor.ts';
import { keysOf } from './account.ts';
import {
  type AccessRules,
  type BootstrapFile,
  type Credentials,
  type DeviceRule,
  type GuessingRule,
  openRules,
  type Policy,
  type VendorRule,
} from './rules.ts';
import { tokenHash } from './token.ts';

export interface RulesInput {
  readonly site: Pick<Site, 'devices' | 'vendors' | 'prefixes' | 'access' | 'guessing'>;
  /** What a device gets that has no proof of itself yet. */
  readonly bootstrapOf: (mac: Mac) => readonly File[];
}

/**
 * What a site says of access, for the gates. The same object as the last time when it says the same, so that workers
 * need not be told again; devices of whom the same is asked have the same rule.
 */
export function createAccessRules(): (input: RulesInput) => AccessRules {
  const intern = createInterning();
  let last: { readonly parts: readonly unknown[]; readonly rules: AccessRules } = { parts: [], rules: openRules };
  return ({ site, bootstrapOf }) => {
    const { devices, vendors, access, guessing, prefixes } = site;
    if (access === undefined && guessing === undefined && devices.every(isOpenTo)) {
      last = { parts: [], rules: openRules };
      return openRules;
    }
    const files = new Map(devices.filter(hasBootstrap).map(({ mac }) => [mac, bootstrapOf(mac)]));
    const own = devices.map(intern.rule);
    const policy = intern.policy(access);
    const said = [policy, vendors, guessing, ...prefixes, ...devices.map(({ mac }) => mac)];
    const parts = [...said, ...own, ...[...files.values()].flat()];
    if (sameItems(parts, last.parts)) return last.rules;
    const rules: AccessRules = {
      site: policy,
      devices: new Map(devices.map(({ mac }, index) => [mac, own[index] as DeviceRule])),
      vendors: new Map([...vendors].map(([id, vendor]) => [id, vendorRule(vendor)])),
      guessing: guessing && guessingRule(guessing),
      bootstrap: new Map([...files].map(([mac, made]) => [mac, made.map(bootstrapFile)])),
      prefixes,
    };
    last = { parts, rules };
    return rules;
  };
}

const isOpenTo = ({ settings }: Device): boolean => settings.access === undefined;

const hasBootstrap = ({ settings: { access } }: Device): boolean =>
  access?.bootstrap_token !== undefined || access?.unauthenticated !== undefined;

/** Of two that say the same, one object; a device that did not change has its own without being looked at. */
function createInterning() {
  const policies = new Map<string, Policy>();
  const rules = new Map<string, DeviceRule>();
  const ofAccess = new WeakMap<Access, Policy>();
  const ofDevice = new WeakMap<Device, DeviceRule>();
  const none: Policy = {};

  function policy(access: Access | undefined): Policy {
    if (access === undefined) return none;
    const known = ofAccess.get(access);
    if (known !== undefined) return known;
    const made = toPolicy(access);
    const same = one(policies, JSON.stringify(made), made);
    ofAccess.set(access, same);
    return same;
  }

  function rule(device: Device): DeviceRule {
    const known = ofDevice.get(device);
    if (known !== undefined) return known;
    const { settings, vendor, ip, server } = device;
    const made = { policy: policy(settings.access), vendor, ip, protocol: server.protocol };
    const same = one(rules, JSON.stringify(made), made);
    ofDevice.set(device, same);
    return same;
  }

  return { policy, rule };
}

function one<T>(known: Map<string, T>, key: string, made: T): T {
  const same = known.get(key) ?? made;
  known.set(key, same);
  return same;
}

/** Here secrets become what they are checked by. */
function toPolicy(access: Access): Policy {
  const { networks, credentials, token, bootstrap_token, certificate, former } = access;
  const { scheme = 'both' } = credentials ?? {};
  return {
    networks,
    credentials: credentials && provable(credentials, scheme),
    token: token && tokenHash(Secret.reveal(token)),
    bootstrapToken: bootstrap_token && tokenHash(Secret.reveal(bootstrap_token)),
    certificate,
    ownAddress: access.address === 'device' || undefined,
    ownUserAgent: access.user_agent === 'vendor' || undefined,
    bootstrapWithoutProof: access.unauthenticated === 'bootstrap' || undefined,
    formerToken: former?.token && tokenHash(Secret.reveal(former.token)),
    formerCredentials: former?.credentials && provable(former.credentials, scheme),
    isLenient: access.enforce === 'off' || undefined,
  };
}

const provable = (
  { user, password }: { readonly user: string; readonly password: Secret },
  scheme: Credentials['scheme'],
): Credentials => ({ user, scheme, keys: keysOf(user, Secret.reveal(password)) });

const vendorRule = ({ ouis, user_agents, certificates = [], authentication }: Vendor): VendorRule => ({
  ouis,
  userAgents: user_agents,
  certificates,
  basicOnly: authentication?.includes('digest') === false,
});

const guessingRule = ({ per_minute, slow_ms, refuse_minutes }: GuessingSettings): GuessingRule => ({
  perMinute: per_minute,
  slowMs: slow_ms,
  refuseMinutes: refuse_minutes,
});

const bootstrapFile = ({ path, bytes, hash }: File): BootstrapFile => ({ name: path, bytes, hash });

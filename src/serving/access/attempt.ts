import type { Mac } from '../../model/mac.ts';
import { parseRequestPath } from '../request-path.ts';
import type { AccessRequest } from './admission.ts';
import { macOf } from './certificate.ts';
import { guesserOf } from './guessing.ts';
import type { Guard, House, KnownToken } from './house.ts';
import type { DeviceRule, VendorRule } from './rules.ts';
import { splitToken, tokenHash } from './token.ts';

/** A request, and whom it is about: what the rules look at. */
export interface Attempt {
  readonly request: AccessRequest;
  /** Whose misses count together with this one's. */
  readonly guesser: string;
  /** Without a token. */
  readonly path: string;
  /** Names that the path may stand for, in lower case; none when it cannot be read. */
  readonly names: readonly string[];
  /** The hash of the token in the path, and what it is known for. */
  readonly token?: { readonly hash: string; readonly known?: KnownToken };
  readonly subject: Subject;
  /** What the subject wants of a request. */
  readonly guard: Guard;
}

/**
 * `device`: a device of the site. `stranger`: a MAC that no device has. `shared`: no device at all, as files of the
 * vendor, firmware, and paths that cannot be read.
 */
export type Subject =
  | { readonly kind: 'device'; readonly mac: Mac; readonly rule: DeviceRule; readonly vendor?: VendorRule }
  | { readonly kind: 'stranger'; readonly mac: Mac }
  | { readonly kind: 'shared' };

/** The device that a file of the last build is for, by its name in lower case. */
export type OwnerOf = (name: string) => Mac | undefined;

export function readAttempt(request: AccessRequest, house: House, ownerOf: OwnerOf): Attempt {
  const split = house.tokens.size === 0 ? undefined : splitToken(request.path);
  const path = split?.path ?? request.path;
  const read = parseRequestPath(path, house.rules.prefixes);
  const { names, device } = 'names' in read ? read : { names: [], device: undefined };
  const subject = subjectOf(device, names, { house, ownerOf });
  const hash = split === undefined ? undefined : tokenHash(split.token);
  return {
    request,
    guesser: guesserOf(request.address),
    path,
    names,
    token: hash === undefined ? undefined : { hash, known: house.tokens.get(hash) },
    subject,
    guard: subject.kind === 'device' ? house.guardOf(subject.rule.policy) : house.site,
  };
}

/** Who the file was built for counts, whatever its name says. */
function subjectOf(
  named: Mac | undefined,
  names: readonly string[],
  { house, ownerOf }: { house: House; ownerOf: OwnerOf },
): Subject {
  const owner = names.map(ownerOf).find((mac) => mac !== undefined);
  const mac = owner ?? named;
  if (mac === undefined) return { kind: 'shared' };
  const rule = house.rules.devices.get(mac);
  if (rule === undefined) return { kind: 'stranger', mac };
  return { kind: 'device', mac, rule, vendor: house.rules.vendors.get(rule.vendor) };
}

/**
 * What the client's certificate proves: `fits` the device (for what is no device's, any device of the site), `other`
 * when it is a device's and not this one's, `nothing` when there is none, nobody vouches for it, or it carries no MAC.
 */
export function certified({ request, subject }: Attempt, { rules }: House): 'fits' | 'other' | 'nothing' {
  const { certificate } = request;
  if (!certificate?.trusted) return 'nothing';
  if (subject.kind === 'device') {
    const mac = macOf(certificate, subject.vendor?.certificates ?? []);
    return mac === undefined ? 'nothing' : mac === subject.mac ? 'fits' : 'other';
  }
  const macs = [...rules.vendors].map(([id, { certificates }]) => ({ id, mac: macOf(certificate, certificates) }));
  const isKnown = macs.some(({ id, mac }) => mac !== undefined && rules.devices.get(mac)?.vendor === id);
  return isKnown ? 'fits' : 'nothing';
}

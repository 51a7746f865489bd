import { type PackedTable, packTable, readTable } from '../packed-table.ts';
import { type House, type HouseRules, houseOf, type KnownToken, summaryOf } from './house.ts';
import type { AccessRules, BootstrapFile, Credentials, DeviceRule } from './rules.ts';

/**
 * `access:` as workers get it: what is there for each device stands in memory that all threads share, made once for all
 * of them, so that neither telling them nor knowing it costs for each worker what it costs for one.
 */
export interface PackedRules {
  readonly head: Omit<HouseRules, 'devices' | 'bootstrap'> & Pick<House, 'isGuarded' | 'schemes'>;
  readonly devices: PackedTable;
  readonly bootstrap: PackedTable;
  readonly tokens: PackedTable;
  readonly users: PackedTable;
  readonly addresses: PackedTable;
}

/** With a pause now and then; the rules must not change meanwhile. */
export async function packRules(rules: AccessRules): Promise<PackedRules> {
  const { site, vendors, guessing, prefixes } = rules;
  const { isGuarded, schemes, tokens, users, addresses } = summaryOf(rules);
  return {
    head: { site, vendors, guessing, prefixes, isGuarded, schemes },
    devices: await packTable(rules.devices),
    bootstrap: await packTable(new Map([...rules.bootstrap].map(([mac, files]) => [mac, files.map(plain)]))),
    tokens: await packTable(tokens),
    users: await packTable(users()),
    addresses: await packTable(new Map([...addresses].map((address) => [address, 1]))),
  };
}

export function openHouse({ head, devices, bootstrap, tokens, users, addresses }: PackedRules): House {
  const { isGuarded, schemes, ...rules } = head;
  const byUser = readTable<readonly Credentials[]>(users);
  const houseRules: HouseRules = {
    ...rules,
    devices: readTable<DeviceRule>(devices),
    bootstrap: readTable(bootstrap, (files) => (files as PlainFile[]).map(revive)),
  };
  return houseOf(houseRules, {
    ...{ isGuarded, schemes },
    tokens: readTable<KnownToken>(tokens),
    users: () => byUser,
    addresses: readTable<1>(addresses),
  });
}

type PlainFile = Omit<BootstrapFile, 'bytes'> & { readonly bytes: string };

const plain = ({ bytes, ...rest }: BootstrapFile): PlainFile => ({
  ...rest,
  bytes: Buffer.from(bytes).toString('base64'),
});
const revive = ({ bytes, ...rest }: PlainFile): BootstrapFile => ({ ...rest, bytes: Buffer.from(bytes, 'base64') });

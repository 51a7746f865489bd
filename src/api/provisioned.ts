import type { Device } from '../model/device.ts';
import { filledName } from '../model/needs.ts';
import { serverUrl } from '../model/server-url.ts';
import type { Site } from '../model/site.ts';
import type { Model } from '../model/vendor.ts';
import { demandSite, type FleetDeps, timeOrNull } from './fleet.ts';

/** A device as the first predecessor has it. */
export interface Provisioned {
  /** Twelve digits, lower case. */
  readonly mac_address: string;
  /** Of its first line; empty when it has none. */
  readonly extension_number: string;
  readonly vendor: string;
  readonly model: string;
  readonly config_url: string;
  readonly created_at: string | null;
  readonly last_provisioned: string | null;
}

type Deps = Pick<FleetDeps, 'site' | 'begunAt' | 'fetchedAt'>;

export function provisionedOf(device: Device, deps: Deps): Provisioned {
  const { mac, vendor, model, lines } = device;
  return {
    ...{ mac_address: mac, extension_number: lines[0]?.extension ?? '', vendor, model },
    config_url: configUrl(device, demandSite(deps)),
    created_at: timeOrNull(deps.begunAt(mac)),
    last_provisioned: timeOrNull(deps.fetchedAt(mac)),
  };
}

/** Where its first own file is, without the token that may be needed there: that is a secret. */
export function configUrl({ mac, vendor, model, server }: Device, { vendors }: Pick<Site, 'vendors'>): string {
  const entry = vendors.get(vendor)?.models.get(model);
  const name = entry ? nameOf(entry) : '{mac}.cfg';
  const path = name.replaceAll('{mac}', mac).replaceAll('{MAC}', mac.toUpperCase());
  return `${serverUrl(server, server.protocol)}/provision/${path}`;
}

const names = new WeakMap<Model, string>();

/** Of its first own file; filled in once for a model. */
function nameOf(model: Model): string {
  const before = names.get(model);
  if (before !== undefined) return before;
  const file = model.files.find(({ name }) => /\{mac\}/i.test(name)) ?? model.files[0];
  const name = file ? filledName(file.name, model) : '{mac}.cfg';
  names.set(model, name);
  return name;
}

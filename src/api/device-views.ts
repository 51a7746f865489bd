import type { Device } from '../model/device.ts';
import { formatMac } from '../model/mac.ts';
import type { Where } from '../registry/where.ts';
import type { DeviceState } from '../state/convergence.ts';
import { type FleetDeps, timeOrNull } from './fleet.ts';

/** What a list says of a device. */
export const summaryOf = ({ mac, vendor, model, group, ip, lines }: Device, state: DeviceState | undefined) => ({
  ...{ mac: formatMac(mac), vendor, model, group: group ?? null, ip: ip ?? null },
  extensions: lines.map(({ extension }) => extension),
  name: lines[0]?.name ?? null,
  ...{ state: state?.state ?? null, revision: state?.revision ?? null },
});

/** Where a device stands between what it is meant to have and what it fetched. */
export const stateView = (state: DeviceState | undefined) =>
  state && {
    ...{ state: state.state, reason: state.reason, revision: state.revision },
    ...{ built: timeOrNull(state.built), commit: state.commit ?? null },
    ...{ fetched_revision: state.fetched_revision ?? null, fetched: timeOrNull(state.fetched) },
    ...{ notified: timeOrNull(state.notified), address: state.address ?? null, firmware: state.firmware ?? null },
  };

const whereView = (where: Where | undefined) =>
  where && {
    ...{ address: where.address, port: where.port, transport: where.transport },
    ...{ source: where.source, reason: where.reason },
    registered_as: where.registration?.extension ?? null,
  };

type Deps = Pick<FleetDeps, 'stateOf' | 'where' | 'sightingOf'>;

/** All that is known of a device at a glance. */
export function deviceView(device: Device, deps: Deps) {
  const seen = deps.sightingOf(device.mac);
  return {
    ...summaryOf(device, deps.stateOf(device.mac)),
    lines: device.lines.map(({ index, extension, name, label, sip }) => ({
      ...{ index, extension, name, label },
      ...{ sip_server: sip.server, sip_port: sip.port, transport: sip.transport },
    })),
    standing: stateView(deps.stateOf(device.mac)) ?? null,
    where: whereView(deps.where(device)) ?? null,
    seen: seen
      ? {
          ...{ address: seen.address, protocol: seen.protocol, user_agent: seen.user_agent ?? null },
          ...{ model: seen.model ?? null, firmware: seen.firmware ?? null },
          ...{ first_seen: timeOrNull(seen.first_seen), last_seen: timeOrNull(seen.last_seen) },
        }
      : null,
  };
}

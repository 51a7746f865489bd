import type { Device } from './model/device.ts';
import type { NotifyRoute, NotifyWay } from './model/notify-way.ts';
import type { NotifyEvent } from './model/vendor.ts';
import type { Way } from './notify/way.ts';
import type { Registration } from './registry/registration.ts';
import type { Handed } from './registry/source.ts';
import type { Where } from './registry/where.ts';
import { escapeUser, hostOf } from './sip/syntax.ts';

/** What is known of a device when ways to it are looked for. */
export interface Known {
  /** What the site says, where no layer of the device says another. */
  readonly site: NotifyWay;
  readonly where: Where | undefined;
  /** Whether another device has the extension of its first line, too. */
  readonly isShared: () => boolean;
  /** Has a PBX send it; undefined where that is not possible. */
  readonly notifyBy: (registration: Registration, event: NotifyEvent) => Promise<Handed> | undefined;
}

/** The ways to a device, in the order that the strongest layer wants. */
export function waysTo(device: Device, known: Known): readonly Way[] {
  const own = device.settings.notify;
  const { route = ['direct'], proxy } = { ...known.site, ...own };
  return route.map((name) => makers[name](device, { ...known, proxy }));
}

type Maker = (device: Device, known: Known & Pick<NotifyWay, 'proxy'>) => Way;

const makers: Readonly<Record<NotifyRoute, Maker>> = { direct, proxy: throughProxy, pbx: byPbx };

/** Straight to where it is; by its own contact, if that is what led there. */
function direct(_: Device, { where }: Known): Way {
  const reason = 'no address is known: it has no fixed one, is not registered, and has not fetched yet';
  if (!where) return { kind: 'none', name: 'direct', reason };
  const { address, port, transport, registration } = where;
  const isSame = registration?.address === address && registration.port === port;
  return {
    kind: 'sip',
    name: 'direct',
    hop: { address, port, transport },
    uri: isSame ? registration.contact : undefined,
  };
}

/**
 * To its address of record, which the proxy finds it by, NAT or not. An extension that several devices have would ring
 * all of them: then to the contact of this one.
 */
function throughProxy({ lines }: Device, { where, proxy, isShared }: Parameters<Maker>[1]): Way {
  const [line] = lines;
  const none = (reason: string): Way => ({ kind: 'none', name: 'proxy', reason });
  if (!proxy) return none('no proxy is known');
  const { server, transport = 'udp', port = transport === 'tls' ? 5061 : 5060 } = proxy;
  const host = server.replace(/^\[|\]$/g, '');
  const contact = where?.registration?.contact;
  if (!line && contact === undefined) return none('it has no line, and is not registered');
  if (isShared() && contact === undefined)
    return none('other devices have its extension, too, and it is not registered');
  const { sip, extension = '' } = line ?? {};
  const record = `sip:${escapeUser(extension)}@${hostOf(sip?.server ?? host)}${sip?.port === 5060 ? '' : `:${sip?.port}`}`;
  const hop = { address: host, port, transport, name: host };
  return { kind: 'sip', name: 'proxy', hop, uri: !line || isShared() ? contact : record, isProxy: true };
}

function byPbx(_: Device, { where, notifyBy }: Known): Way {
  const registration = where?.registration;
  const none = (reason: string): Way => ({ kind: 'none', name: 'pbx', reason });
  if (!registration) return none('no PBX says that it is registered');
  const { address, port, source } = registration;
  const hand = async (event: NotifyEvent): Promise<Handed> =>
    (await notifyBy(registration, event)) ?? { outcome: 'unreachable', reason: `${source} sends no NOTIFYs` };
  return { kind: 'hand', name: 'pbx', target: { address, port }, hand };
}

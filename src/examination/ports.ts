import { networkInterfaces } from 'node:os';
import { type Listener, listenerOf } from '../doctor/ports.ts';
import { type Finding, finding } from '../findings/finding.ts';
import type { Server } from '../model/device.ts';
import type { Running } from '../state/running.ts';

export interface PortsOptions {
  /** The daemon of this state folder, if one runs. */
  readonly running: Running | undefined;
  /** What phones are told. */
  readonly server: Server;
}

type Protocol = Server['protocol'];

/** The ports that phones are told, of those protocols that are spoken here. */
export const portsOf = ({ http, https, tftp, protocol }: Server): ReadonlyMap<Protocol, number> =>
  new Map<Protocol, number>([
    ['http', http.port],
    ['tftp', tftp.port],
    ...(https || protocol === 'https' ? [['https', (https ?? http).port] as const] : []),
  ]);

/** Whether the server that phones are told is this machine, by its address. */
const isHere = (address: string): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address.replace(/^\[|\]$/g, '')));

/** Whether the daemon runs, and who listens where phones ask on this machine, if it is this one that they ask. */
export function portFindings({ running, server }: PortsOptions): Finding[] {
  const isOurs = running !== undefined || isHere(server.address);
  const stopped = finding({
    id: 'not-running',
    severity: isOurs ? 'warning' : 'note',
    seen: 'no daemon works with this state folder',
    fix: 'start `offhook serve`; if it runs elsewhere, or with another --state, name it (--host, --state)',
  });
  const ports = [...(isOurs ? portsOf(server) : [])].flatMap(([protocol, port]) =>
    portFinding(protocol, port, running),
  );
  return running ? ports : [stopped, ...ports];
}

function portFinding(protocol: Protocol, port: number, running: Running | undefined): Finding[] {
  const own = running?.listening[protocol]?.port;
  if (own === port) return [];
  const listener = listenerOf(protocol === 'tftp' ? 'udp' : 'tcp', port);
  if (listener !== undefined) return [takenFinding({ protocol, port, running }, listener)];
  if (own === undefined) return [];
  return [
    finding({
      id: 'other-port',
      severity: 'note',
      seen: `phones are told port ${port} (${protocol}), and the daemon listens on ${own}`,
      fix: `redirect the one to the other, or start it with --${protocol}-port ${port}`,
    }),
  ];
}

/** In front of a daemon that runs it may be a proxy, of HTTP: what comes of it is found by asking. */
function takenFinding(
  { protocol, port, running }: { readonly protocol: Protocol; readonly port: number; readonly running?: Running },
  listener: Listener,
): Finding {
  const isProxy = running !== undefined && protocol !== 'tftp';
  return finding({
    id: 'port-taken',
    severity: isProxy ? 'note' : 'warning',
    seen: `port ${port} (${protocol}) belongs to ${nameOf(listener)}`,
    fix: `end it, if it is a former server, or let phones ask at another port (\`server.${protocol}.port\`); a proxy in front is right`,
  });
}

const nameOf = (listener: Listener): string =>
  listener === 'unknown' ? 'another program (of another user)' : `${listener.command} (process ${listener.pid})`;

/** An address of this machine, as `os.networkInterfaces()` of Node has it. */
export interface Interface {
  readonly address: string;
  readonly family: string | number;
  readonly internal: boolean;
}

export interface Address {
  readonly address: string;
  /** Of the interface. */
  readonly name: string;
}

/** Bridges, tunnels and the like: phones are seldom behind them. */
const inside = /^(?:docker|veth|br-|virbr|vmnet|vbox|tun|tap|wg|tailscale|zt|cni|flannel|lxc|lxd)/i;
const wireless = /^(?:wl|wifi|ath)/i;

/** Those that phones may reach, the most sensible one first: IPv4 on a cable, then by radio, then the rest. */
export function addressesOf(interfaces: Readonly<Record<string, readonly Interface[] | undefined>>): Address[] {
  const all = Object.entries(interfaces).flatMap(([name, list = []]) =>
    list.filter(({ address }) => !/^fe80:/i.test(address)).map((one) => ({ ...one, name })),
  );
  return all
    .map((one) => ({ one, rank: rankOf(one) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one: { address, name } }) => ({ address, name }));
}

function rankOf({ address, family, internal, name }: Interface & { readonly name: string }): number {
  const isOld = family === 'IPv4' || family === 4;
  return (
    (internal ? 100 : 0) +
    (address.startsWith('169.254.') ? 50 : 0) +
    (inside.test(name) ? 20 : 0) +
    (isOld ? 0 : 10) +
    (isOld && isPrivate(address) ? 0 : 2) +
    (wireless.test(name) ? 1 : 0)
  );
}

/** RFC 1918. */
const isPrivate = (address: string): boolean => /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address);

import { forDnsmasq } from './dnsmasq.ts';
import { forIsc } from './isc.ts';
import { forKea } from './kea.ts';
import { forMikrotik } from './mikrotik.ts';
import type { DhcpPlan } from './options.ts';
import { forWindows } from './windows.ts';

/** A DHCP server as people configure it. */
interface Server {
  readonly write: (plan: DhcpPlan) => string;
  /** What a line of a comment begins with; none where there are no comments. */
  readonly comment?: string;
  /** It tells phones only by how option 60 begins. */
  readonly beginsOnly?: boolean;
  readonly lineBreak?: string;
}

export const dhcpServers = {
  isc: { write: forIsc, comment: '#' },
  kea: { write: forKea },
  dnsmasq: { write: forDnsmasq, comment: '#' },
  mikrotik: { write: forMikrotik, comment: '#' },
  windows: { write: forWindows, comment: '#', beginsOnly: true, lineBreak: '\r\n' },
} as const satisfies Readonly<Record<string, Server>>;

export type DhcpServer = keyof typeof dhcpServers;

/** The text for a server, and in sentences what it leaves out. */
export function writeDhcp(
  name: DhcpServer,
  plan: DhcpPlan,
): { readonly text: string; readonly notes: readonly string[] } {
  const server: Server = dhcpServers[name];
  const unfit = server.beginsOnly ? plan.classes.filter(({ match }) => match === 'contains') : [];
  const notes = [
    ...plan.notes,
    ...unfit.map(
      ({ vendor, says }) =>
        `${vendor}: this server sees only whether option 60 begins with ${says}, and phones may have numbers before it`,
    ),
  ];
  const { comment, lineBreak = '\n' } = server;
  const head = comment === undefined ? '' : notes.map((note) => `${comment} ${note}\n`).join('');
  return { text: (head + server.write(plan)).replaceAll('\n', lineBreak), notes };
}

import { lookup } from 'node:dns/promises';
import { certificateFaults } from '../doctor/shown-certificate.ts';
import { type Finding, finding } from '../findings/finding.ts';
import type { Device } from '../model/device.ts';
import type { File } from '../model/file.ts';
import type { Site } from '../model/site.ts';
import { quoted } from '../problem.ts';
import { portsOf } from './ports.ts';
import { filesInOrder, type Outcome, type Protocol, userAgentOf, type Visit, visit } from './visit.ts';

export interface ServedOptions {
  readonly site: Site;
  readonly devices: readonly Device[];
  /** What the project renders for a device, with what it shares, by name in lower case. */
  readonly filesOf: (device: Device) => ReadonlyMap<string, File>;
  /** As each device's phone said it last. */
  readonly userAgents: ReadonlyMap<string, string>;
  /** In place of the address that phones are told. */
  readonly host?: string;
  readonly now: number;
}

/** Asks as the phones of these devices would, for all of their files in their order, and says what came of it. */
export async function servedFindings({
  site,
  devices,
  host = site.server.address,
  ...rest
}: ServedOptions): Promise<Finding[]> {
  const bare = host.replace(/^\[|\]$/g, '');
  const address = await lookup(bare).then(
    (found) => found.address,
    () => undefined,
  );
  if (address === undefined)
    return [noAnswer({ seen: `the name ${quoted(bare)} of the server is not known here`, fix: nameFix })];
  const asked = new Set<string>();
  const findings: Finding[] = [];
  for (const [protocol, port] of portsOf(site.server)) {
    for (const device of devices) {
      const to = { device, protocol, host: bare, address, port, userAgent: agentOf(device, site, rest.userAgents) };
      const found = await visitOne(to, { site, asked, ...rest });
      findings.push(...found);
      // Nobody there: the others would find the same.
      if (found.some(({ id }) => id === 'no-answer')) break;
    }
  }
  return oncePer(findings);
}

const agentOf = (device: Device, { vendors }: Site, userAgents: ReadonlyMap<string, string>) =>
  userAgentOf(device, vendors.get(device.vendor), userAgents.get(device.mac));

interface Round extends Pick<ServedOptions, 'site' | 'filesOf' | 'now'> {
  /** What was asked for already: files that devices share. */
  readonly asked: Set<string>;
}

async function visitOne(to: Visit, { site, asked, filesOf, now }: Round): Promise<Finding[]> {
  const { device, protocol } = to;
  const bar = cannotShow(device, protocol);
  if (bar !== undefined) return device.server.protocol === protocol ? [refusedHere(to, bar)] : [];
  const findings: Finding[] = [];
  const files = filesInOrder(site, device, filesOf(device));
  const left = files.filter(({ path }) => !asked.has(`${protocol} ${path}`));
  for (const file of left) {
    asked.add(`${protocol} ${file.path}`);
    const outcome = await visit(to, file.path);
    findings.push(...aboutServer(to, outcome, now), ...aboutFile(to, outcome, file));
    if (outcome.kind === 'silent' && !outcome.heard) return findings;
  }
  const [largest] = left.toSorted((one, other) => other.size - one.size);
  if (protocol === 'tftp' && largest && findings.length === 0) findings.push(...(await largeBlocks(to, largest)));
  return findings;
}

/** What `access` wants and this machine has not got, or the protocol does not carry. */
function cannotShow({ settings: { access } }: Device, protocol: Protocol): string | undefined {
  if (access === undefined || access.enforce === 'off') return undefined;
  if (access.certificate === 'required') return 'it wants the phone’s own certificate';
  if (access.credentials && protocol === 'tftp') return 'it wants credentials, which TFTP does not carry';
  return undefined;
}

const refusedHere = ({ device, protocol, address }: Visit, why: string): Finding =>
  finding({
    ...{ id: 'refused-here', severity: 'note', device: device.mac, address },
    seen: `its files could not be asked for over ${protocol}: ${why}`,
    fix: 'nothing, if its phone fetches (`offhook status`); else examine it from where phones are (--host)',
  });

function aboutServer(to: Visit, outcome: Outcome, now: number): Finding[] {
  const { protocol, host, address, port, device } = to;
  const severity = device.server.protocol === protocol ? 'error' : 'note';
  const where = `${protocol} at ${host}, port ${port}`;
  if (outcome.kind === 'silent' && !outcome.heard)
    return [noAnswer({ severity, address, seen: `${where}: ${outcome.reason}`, fix: answerFix })];
  const { shown } = 'shown' in outcome ? outcome : {};
  const faults = shown ? certificateFaults(shown, host, now) : [];
  return [...faults.map((fault) => finding({ id: 'certificate', address, ...fault })), ...clockOf(to, outcome)];
}

const noAnswer = (found: Pick<Finding, 'seen' | 'fix'> & Partial<Finding>): Finding =>
  finding({ severity: 'error', ...found, id: 'no-answer' });

const nameFix = 'correct `server.address`, or the name servers';
const answerFix =
  'look whether the daemon runs and listens there (--http-port, --tftp-port, --host), and whether a firewall stands between; a redirect of ports holds only for others: examine it from another machine (--host)';

const mostApart = 60_000;

function clockOf({ address }: Visit, outcome: Outcome): Finding[] {
  const apart = outcome.kind === 'whole' && outcome.date !== undefined ? Date.now() - outcome.date : 0;
  if (Math.abs(apart) < mostApart) return [];
  const seen = `the clock of the server differs from this one’s by ${Math.round(Math.abs(apart) / 1000)} s`;
  const fix = 'let both ask a time server (NTP): certificates, and Digest, depend on it';
  return [finding({ id: 'clock', severity: 'warning', address, seen, fix })];
}

function aboutFile({ device, protocol, address }: Visit, outcome: Outcome, { path, bytes, audience }: File): Finding[] {
  const isOwn = 'mac' in audience;
  const told = { address, ...(isOwn && { device: device.mac }) };
  const severity = device.server.protocol === protocol ? 'error' : 'warning';
  const name = `${quoted(path)} over ${protocol}`;
  if (outcome.kind === 'whole')
    return outcome.bytes.equals(bytes)
      ? []
      : [
          finding({
            ...told,
            id: 'wrong-bytes',
            severity,
            seen: `${name} is not what the project renders`,
            fix: bytesFix,
          }),
        ];
  if (outcome.kind === 'silent')
    return outcome.heard
      ? [finding({ ...told, id: 'mtu', severity, seen: `${name}: ${outcome.reason}`, fix: mtuFix })]
      : [];
  // What is refused looks the same as what is not there, when `access` keeps somebody out.
  if (device.settings.access !== undefined)
    return [
      finding({
        ...{ ...told, id: 'refused-here', severity: 'note', seen: `${name}: ${outcome.answer}` },
        fix: 'look what `offhook fetches` has for it: the rules of `access` may keep this machine out, and let the phone in',
      }),
    ];
  return [finding({ ...told, id: 'not-served', severity, seen: `${name}: ${outcome.answer}`, fix: servedFix })];
}

const bytesFix =
  'build (`offhook build`, or look into the log of the daemon); else another server answers there, or a cache does';
const servedFix = 'build; look whether another server answers there, and serves another folder';
const mtuFix =
  'find where the MTU is smaller (a VPN, a VLAN, PPPoE): raise it there, or let phones ask over HTTP or with small blocks';

/** What fills an Ethernet frame of 1500 bytes: IP, UDP and TFTP take 32. */
const largeBlock = 1468;

/** Small blocks came; whether large ones do is asked, where a file fills one. */
async function largeBlocks(to: Visit, { path, size }: File): Promise<Finding[]> {
  if (size < largeBlock) return [];
  const outcome = await visit(to, path, [['blksize', String(largeBlock)]]);
  if (outcome.kind !== 'silent') return [];
  const seen = `${quoted(path)} comes in blocks of 512 bytes, and not in blocks of ${largeBlock}: ${outcome.reason}`;
  return [finding({ id: 'mtu', severity: 'warning', address: to.address, seen, fix: mtuFix })];
}

/** The same of several files or phones is one finding. */
function oncePer(findings: readonly Finding[]): Finding[] {
  const keyOf = ({ id, device, address, seen }: Finding) => [id, device, address, seen].join(' ');
  return [...Map.groupBy(findings, keyOf).values()].map((all) => ({ ...all[0]!, count: all.length }));
}

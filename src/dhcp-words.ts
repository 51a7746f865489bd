import { type DhcpPlan, type Option, type PlaceWords, planDhcp, type VendorWish } from './dhcp/options.ts';
import { type DhcpServer, writeDhcp } from './dhcp/servers.ts';
import type { Device } from './model/device.ts';
import { Secret } from './model/secret.ts';
import { type FirstUrl, firstUrl } from './model/server-url.ts';
import type { Site } from './model/site.ts';
import { usualDhcp } from './model/vendor.ts';

export interface DhcpWordsOptions {
  /** Absent: a table for people. */
  readonly server?: DhcpServer;
  /** Folders of vendors; those of the site's devices when there are none. */
  readonly vendors: readonly string[];
  /** The bootstrap token stands in the options; else a word in its place, and they cannot be used. */
  readonly showTokens: boolean;
  /** In place of the table, for a machine. */
  readonly isJson?: boolean;
}

/**
 * What a DHCP server says to the phones of a site, and in sentences what it cannot.
 * @throws Error with a sentence when there is no such vendor, or none at all
 */
export function dhcpWords(site: Site, { server, vendors, showTokens, isJson = false }: DhcpWordsOptions) {
  const said = vendorsOf(site, vendors).map((id) => wishOf(site, id, showTokens));
  const plan = planDhcp(said.map(({ wish }) => wish));
  const before = said.flatMap((one) => one.notes);
  if (server !== undefined) {
    const { text, notes } = writeDhcp(server, plan);
    return { text, notes: [...before, ...notes] };
  }
  const notes = [...before, ...plan.notes];
  return { text: isJson ? json(plan, notes) : table(plan), notes };
}

function vendorsOf({ devices, vendors }: Site, named: readonly string[]): readonly string[] {
  const unknown = named.find((id) => !vendors.has(id));
  if (unknown !== undefined)
    throw new Error(`there is no vendor "${unknown}"; wanted one of ${[...vendors.keys()].join(', ')}`);
  const ids = named.length > 0 ? [...new Set(named)] : [...new Set(devices.map(({ vendor }) => vendor))].sort();
  if (ids.length === 0) throw new Error('devices.yml has no devices yet; wanted --vendor, once for each vendor');
  return ids;
}

interface Said {
  readonly wish: VendorWish;
  readonly notes: readonly string[];
}

/** Of a vendor's devices one URL can be told: that of most of them. */
function wishOf(site: Site, id: string, showTokens: boolean): Said {
  const vendor = site.vendors.get(id);
  if (!vendor) throw new Error(`no such vendor: ${id}`);
  const { title, dhcp = usualDhcp } = vendor;
  const devices = site.devices.filter((device) => device.vendor === id);
  const votes = Map.groupBy(devices.length > 0 ? devices : [bareDevice(site)], (device) => keyOf(firstUrl(device)));
  const [most = [], ...fewer] = [...votes.values()].sort((a, b) => b.length - a.length);
  const others = fewer.flat().length;
  const device = most[0] ?? bareDevice(site);
  const first = firstUrl(device);
  const notes = [
    ...('untold' in first ? [`${title}: a device cannot be told by DHCP where its files are: ${first.untold}`] : []),
    ...(others > 0 ? [`${title}: ${others} of ${devices.length} devices begin elsewhere, which DHCP cannot tell`] : []),
    ...(!('untold' in first) && first.url instanceof Secret && !showTokens
      ? [
          `${title}: TOKEN stands for the bootstrap token; with --show-tokens it is written, and the options can be used`,
        ]
      : []),
  ];
  return { wish: { id, title, dhcp, place: placeOf(device, first, showTokens) }, notes };
}

/** A vendor that no device is of yet: what holds for the site. */
const bareDevice = ({ server, access }: Site): Pick<Device, 'server' | 'settings'> => ({
  server,
  settings: { access } as Device['settings'],
});

const keyOf = (first: FirstUrl): string =>
  'untold' in first ? '' : first.url instanceof Secret ? Secret.reveal(first.url) : first.url;

function placeOf({ server }: Pick<Device, 'server'>, first: FirstUrl, showTokens: boolean): PlaceWords {
  const told = 'untold' in first ? `${server.protocol}://${server.address}` : textOf(first.url, showTokens);
  const [scheme = '', location = ''] = told.split('://');
  const protocol = scheme as PlaceWords['protocol'];
  const { address } = server;
  const isPlain = protocol === 'tftp' && !location.includes('/') && server.tftp.port === 69;
  return { protocol, url: told, server: isPlain ? address : told, location, address };
}

function textOf(url: string | Secret, showTokens: boolean): string {
  if (!(url instanceof Secret)) return url;
  const text = Secret.reveal(url);
  return showTokens ? text : text.replace(/\/t\/[^/]*$/, '/t/TOKEN');
}

/** Option, who gets it, what it says; then the bytes where they are no text. */
function table({ everybody, classes }: DhcpPlan): string {
  const line = (who: string) => (option: Option) =>
    `${String(option.code).padStart(6)}  ${who.padEnd(24)}  ${option.text}${hexNote(option)}\n`;
  const rows = [
    ...everybody.map(line('all')),
    ...classes.flatMap(({ says, match, options }) =>
      options.map(line(match === 'begins' ? `option 60: ${says}…` : `option 60: …${says}…`)),
    ),
  ];
  return `option  to whom                   value\n${rows.join('')}`;
}

/** On one line: `{ options: [{ code, begins?, contains?, type, value, hex }], notes }`; `begins` and `contains` are of option 60. */
function json({ everybody, classes }: DhcpPlan, notes: readonly string[]): string {
  const told =
    (whom: object) =>
    ({ code, type, text, bytes }: Option) => ({
      code,
      ...whom,
      type,
      value: text,
      hex: Buffer.from(bytes).toString('hex'),
    });
  const ofClasses = classes.flatMap(({ says, match, options }) =>
    options.map(told(match === 'begins' ? { begins: says } : { contains: says })),
  );
  return `${JSON.stringify({ options: [...everybody.map(told({})), ...ofClasses], notes })}\n`;
}

const hexNote = ({ type, bytes }: Option): string =>
  type === 'bytes' ? `  (${Buffer.from(bytes).toString('hex')})` : '';

import { whyNoRoute } from '../doctor/route.ts';
import { askTime } from '../doctor/time-server.ts';
import { type Finding, finding } from '../findings/finding.ts';
import type { Log } from '../log.ts';
import type { Device } from '../model/device.ts';
import { ldapDefaults } from '../model/people-source.ts';
import type { Site } from '../model/site.ts';
import type { Sources } from '../model/sources.ts';
import { quoted } from '../problem.ts';
import { createRegistry } from '../registry/registry.ts';
import { openSession } from '../source/people/ldap/session.ts';
import { directoryOf } from '../source/people/ldap/settings.ts';
import { directoriesIn } from '../state/directories.ts';
import { ago } from '../state/judge.ts';
import { intoOf, ldapSources } from '../sync-directory.ts';

/** The directories of people: whether they let us in now, and when each answered last. */
export async function directoryFindings(
  { files, secret }: Pick<Sources, 'files' | 'secret'>,
  { dir, state, now }: { readonly dir: string; readonly state: string; readonly now: number },
): Promise<Finding[]> {
  const answered = new Map(directoriesIn(state).map(({ into, at }) => [into, at]));
  const all = ldapSources({ files }).map(async (source): Promise<Finding[]> => {
    const into = intoOf(source);
    const at = answered.get(into);
    const since = at === undefined ? 'it never answered' : `it answered ${ago(at, now)}`;
    const minutes = Math.max(60, 3 * (source.interval ?? ldapDefaults.interval));
    try {
      (await openSession(directoryOf(source, { dir, secret }))).connection.close();
    } catch (error) {
      const seen = `${quoted(into)}: ${(error as Error).message}; ${since}`;
      const fix = 'look at the directory, its address and the account; people stay as they were (docs/directory.md)';
      return [finding({ id: 'directory', severity: 'error', at, seen, fix })];
    }
    if (at === undefined || now - at < minutes * 60_000) return [];
    const fix = 'look into the log of the daemon why it is not asked, or refused; `offhook sync` asks now';
    return [finding({ id: 'directory', severity: 'warning', at, seen: `${quoted(into)}: ${since}`, fix })];
  });
  return (await Promise.all(all)).flat();
}

const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** The PBXs of `registry:`, each asked once. */
export async function registryFindings(site: Site): Promise<Finding[]> {
  if (!site.registry?.length) return [];
  const registry = createRegistry({ visits: () => [], log: silent });
  try {
    registry.use(site);
    await registry.asked();
    return registry.sources().flatMap(({ name, kind, state }) => {
      if (state.up) return [];
      const fix = 'look whether it runs, lets this machine in, and takes the account (docs/registry.md)';
      return [finding({ id: 'registry', severity: 'warning', seen: `${name} (${kind}): ${state.reason}`, fix })];
    });
  } finally {
    await registry.stop();
  }
}

/** Nothing of this was written before: a clock that says so has lost its battery. */
const youngest = Date.UTC(2026, 0, 1);
const mostApart = 60_000;
const mostServers = 4;

/** This machine's clock, by itself and by the time servers that phones are told. */
export async function clockFindings(site: Site, now: number, ask = askTime): Promise<Finding[]> {
  if (now < youngest) {
    const seen = `this machine believes that it is ${new Date(now).toISOString().slice(0, 10)}`;
    return [finding({ id: 'clock', severity: 'error', seen, fix: 'set it, and let it ask a time server' })];
  }
  const servers = new Set((site.kinds ?? site.devices).flatMap(({ settings }) => settings.ntp));
  const all = [...servers].slice(0, mostServers).map(async (server): Promise<Finding[]> => {
    const ahead = await ask(server);
    if (typeof ahead === 'string') {
      const fix =
        'nothing, if phones reach it; else give them another (`ntp`): without the time they refuse certificates';
      return [finding({ id: 'time-server', severity: 'note', seen: `${server}: ${ahead}`, fix })];
    }
    if (Math.abs(ahead) < mostApart) return [];
    const seen = `this clock is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} ${server}`;
    return [
      finding({
        id: 'clock',
        severity: 'warning',
        seen,
        fix: 'let this machine ask a time server (chrony, timesyncd)',
      }),
    ];
  });
  return (await Promise.all(all)).flat();
}

const mostRoutes = 1000;

/** Whether NOTIFYs can leave for where devices are: `addresses` where they fetched last. */
export function notifyFindings(devices: readonly Device[], addresses: ReadonlyMap<string, string>): Finding[] {
  return devices.slice(0, mostRoutes).flatMap(({ mac, ip = addresses.get(mac), sip_port }) => {
    const why = ip === undefined ? undefined : whyNoRoute(ip, sip_port);
    if (ip === undefined || why === undefined) return [];
    const fix =
      'correct `ip` in devices.yml, the routes of this machine, or notify by the PBX (`notify: { route: [pbx] }`)';
    return [
      finding({
        id: 'notify-path',
        severity: 'warning',
        device: mac,
        address: ip,
        seen: `no way to ${ip}: ${why}`,
        fix,
      }),
    ];
  });
}

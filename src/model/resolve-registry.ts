import type { Fault } from './faults.ts';
import type { RawSecret } from './raw-secret.ts';
import type { RawRegistrySource, RawTls, RegistrySource, RegistryTls } from './registry-source.ts';
import { Secret } from './secret.ts';
import type { SourceFile, Sources } from './sources.ts';

export interface ReadRegistry {
  readonly registry: readonly RegistrySource[];
  readonly problems: readonly (Fault & { readonly file: SourceFile })[];
}

/** All sources of `registry:` that can be connected to; what is wrong with the others. */
export function resolveRegistry(sources: Sources): ReadRegistry {
  const problems: ReadRegistry['problems'][number][] = [];
  const registry: RegistrySource[] = [];
  for (const file of sources.files)
    for (const [index, raw] of (file.content.registry ?? []).entries()) {
      if (!raw) continue;
      const report = (path: Fault['path'], message: string, code: Fault['code'] = 'registry') =>
        void problems.push({ file, path: ['registry', index, ...path], code, severity: 'error', message });
      const source = resolveOne(raw, sources, report);
      if (source && registry.some(({ name }) => name === source.name))
        report([], `two sources are called ${source.name}; wanted a \`name\` of its own for each`);
      else if (source) registry.push(Object.freeze(source));
    }
  return { registry, problems };
}

type Report = (path: Fault['path'], message: string, code?: Fault['code']) => void;

function resolveOne(raw: RawRegistrySource, sources: Sources, report: Report): RegistrySource | undefined {
  if ('asterisk' in raw) {
    const { host, port, user, every = 60, ...rest } = raw.asterisk;
    const shared = resolveShared('asterisk', rest, { sources, report });
    if (!shared?.password) return undefined;
    const { password, tls } = shared;
    return {
      ...{ kind: 'asterisk', name: raw.name ?? 'asterisk', host, user, password, tls, every },
      port: port ?? (tls ? 5039 : 5038),
    };
  }
  if ('freeswitch' in raw) {
    const { host, port = 8021, profiles = ['internal'], every = 60, ...rest } = raw.freeswitch;
    const shared = resolveShared('freeswitch', rest, { sources, report });
    if (!shared?.password) return undefined;
    return {
      kind: 'freeswitch',
      name: raw.name ?? 'freeswitch',
      host,
      port,
      profiles,
      every,
      ...shared,
      password: shared.password,
    };
  }
  const { url, table = 'location', user, every = 30, ...rest } = raw.kamailio;
  const shared = resolveShared('kamailio', rest, { sources, report });
  return shared && { kind: 'kamailio', name: raw.name ?? 'kamailio', url, table, user, every, ...shared };
}

interface Shared {
  readonly password?: RawSecret;
  readonly tls?: RawTls;
}

/** Undefined when the password or the authorities cannot be read. */
function resolveShared(
  kind: string,
  { password, tls }: Shared,
  { sources, report }: { sources: Sources; report: Report },
): { password?: Secret; tls?: RegistryTls } | undefined {
  const secret = password === undefined ? undefined : sources.secret(password);
  const isRead = secret === undefined || secret instanceof Secret;
  if (!isRead) report([kind, 'password'], `${secret.unreadable}; wanted a password`, 'secret');
  const trusted = tls === undefined || tls === 'off' ? undefined : tls === 'on' ? {} : tls;
  const ca = trusted?.ca === undefined ? undefined : sources.text?.(trusted.ca);
  if (typeof ca === 'object')
    report([kind, 'tls', 'ca'], `the file ${trusted?.ca} ${ca.unreadable}; wanted certificates in PEM`);
  if (!isRead || typeof ca === 'object') return undefined;
  return { password: secret, tls: trusted && { server_name: trusted.server_name, ca } };
}

import { quoted } from '../problem.ts';
import {
  type ApiAuth,
  type ApiSettings,
  defaultApi,
  defaultEdits,
  defaultLimits,
  type JwtSettings,
  type RawApi,
  type RawApiAuth,
} from './api.ts';
import { plainAddress } from './cidr.ts';
import type { Fault } from './faults.ts';
import { findSection } from './layers.ts';
import { Secret } from './secret.ts';
import type { SourceFile, Sources } from './sources.ts';

export interface ReadApi {
  /** Absent: nobody is answered. */
  readonly api?: ApiSettings;
  readonly problems: readonly (Fault & { readonly file: SourceFile })[];
}

type Report = (path: Fault['path'], message: string, code?: Fault['code']) => void;

/** What `api:` says. With a fault in it nobody is answered: it may be the one that keeps somebody out. */
export function resolveApi(sources: Sources): ReadApi {
  const found = findSection(sources, 'api');
  if (!found || found.value === 'on') return { api: defaultApi, problems: [] };
  if (found.value === 'off') return { problems: [] };
  const problems: ReadApi['problems'][number][] = [];
  const report: Report = (path, message, code = 'api') =>
    void problems.push({ file: found.file, path: ['api', ...path], code, severity: 'error', message });
  const { listen, auth, limits, cors = [], docs = 'private', edits } = found.value;
  const api = {
    listen: readListen(listen, report),
    auth: auth && readAuth(auth, sources, report),
    limits: limits === 'off' ? undefined : { ...defaultLimits, ...limits },
    cors: cors.filter((origin, index) => checkOrigin(origin, index, report)),
    docs,
    edits: { ...defaultEdits, ...(typeof edits === 'string' ? { mode: edits } : edits) },
  };
  return problems.length > 0 ? { problems } : { api: Object.freeze(api), problems };
}

type Given = Exclude<RawApi, string>;

function readListen(text: Given['listen'], report: Report): ApiSettings['listen'] {
  if (text === undefined) return undefined;
  const [, host = '', port] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const address = host === '' ? '127.0.0.1' : host === 'localhost' ? host : plainAddress(host.replace(/^\[|\]$/g, ''));
  if (address !== undefined && port !== undefined && Number(port) <= 65_535)
    return { host: address, port: Number(port) };
  report(['listen'], `${quoted(text)} is no place to listen at; wanted an address and a port, such as 127.0.0.1:8090`);
  return undefined;
}

function checkOrigin(origin: string, index: number, report: Report): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.origin === origin) return true;
  report(['cors', index], `${quoted(origin)} is no origin of pages; wanted one such as https://portal.example.com`);
  return false;
}

function readAuth({ tokens = 'on', loopback = 'asked', jwt }: RawApiAuth, sources: Sources, report: Report): ApiAuth {
  if (tokens === 'off' && jwt === undefined)
    report(['auth'], 'there is neither `tokens` nor `jwt`: nobody could show who he is; wanted one of them');
  return { tokens: tokens === 'on', loopback, jwt: jwt && readJwt(jwt, sources, report) };
}

/** RFC 7518 section 3.2: a key of the size of the hash at least. */
const leastSecret = 32;

function readJwt(raw: NonNullable<RawApiAuth['jwt']>, sources: Sources, report: Report): JwtSettings | undefined {
  const { audience, issuer, clock_skew = 30, name_claim = 'sub', role_claim = 'role', roles = {} } = raw;
  const key = readKey(raw, sources, report);
  for (const word of ['audience', 'issuer'] as const)
    if (raw[word] === undefined)
      report(
        ['auth', 'jwt'],
        `there is no ${word}: a token that was made for something else would be one here; wanted both an audience and an issuer`,
      );
  if (!key || audience === undefined || issuer === undefined) return undefined;
  return {
    ...{ key, audience, issuer, clock_skew },
    ...{ name_claim: name_claim.split('.'), role_claim: role_claim.split('.') },
    roles: { viewer: ['viewer'], operator: ['operator'], admin: ['admin'], ...roles },
  };
}

function readKey(
  { secret, jwks }: NonNullable<RawApiAuth['jwt']>,
  sources: Sources,
  report: Report,
): JwtSettings['key'] | undefined {
  const at = ['auth', 'jwt'];
  if ((secret === undefined) === (jwks === undefined)) {
    report(at, 'tokens are signed with a `secret`, or with keys that stand at `jwks`; wanted one of them');
    return undefined;
  }
  if (jwks !== undefined) return readJwks(jwks, report);
  const answer = sources.secret(secret ?? '');
  if (!(answer instanceof Secret)) report([...at, 'secret'], `${answer.unreadable}; wanted a secret`, 'secret');
  else if (isPlaceholder(answer) || Buffer.byteLength(Secret.reveal(answer)) >= leastSecret) return { secret: answer };
  else
    report(
      [...at, 'secret'],
      `the secret is shorter than ${leastSecret} bytes, and can be found out; wanted a longer one`,
    );
  return undefined;
}

/** Where nothing outside the repository is read, it stands for what is there. */
const isPlaceholder = (secret: Secret): boolean => Secret.reveal(secret).startsWith('placeholder for ');

/** What is fetched in the clear anybody on the way can replace, and sign with. */
function readJwks(text: string, report: Report): JwtSettings['key'] | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return { jwks: url.href };
  report(['auth', 'jwt', 'jwks'], `${quoted(text)} is no place to trust keys of; wanted a URL of https`);
  return undefined;
}

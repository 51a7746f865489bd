import type { X509Certificate } from 'node:crypto';
import { type Problem, quoted } from '../problem.ts';
import { isFor, namesOf, readCertificates, readPrivateKey, validity, weakBits } from './certificate.ts';
import { isRange, parseCidr } from './cidr.ts';
import { findSection } from './layers.ts';
import { isLeftOut } from './left-out.ts';
import { Secret } from './secret.ts';
import type { Path, RawServer, SourceFile, Sources } from './sources.ts';

/** Who answers over HTTPS, and whom it may ask for certificates. Texts in PEM. */
export interface Https {
  /** The certificate, and behind it those between it and the authority. */
  readonly cert: string;
  readonly key: Secret;
  /** Authorities of phones' certificates; without them phones are asked for none. */
  readonly clientCa?: string;
  /** `old`: for phones that know nothing newer. */
  readonly profile: 'modern' | 'old';
  /** Where the texts are from, as devices.yml has it. */
  readonly files: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** When the certificate is valid no more, in milliseconds since 1970. */
  readonly expires: number;
}

export interface ReadHttps {
  /** Absent when HTTPS is not spoken here, or cannot be. */
  readonly https?: Https;
  readonly problems: readonly Problem[];
}

const day = 86_400_000;
/** So early it is said that a certificate is about to expire; ACME clients have renewed theirs long before. */
const soon = 14 * day;

/** What `server` says of HTTPS and of proxies, with the files that it names. `now`, in milliseconds since 1970, is for tests. */
export function createHttpsReader(now: () => number = Date.now): (sources: Sources) => ReadHttps {
  return (sources) => {
    const found = findSection(sources, 'server');
    if (found === undefined) return { problems: [] };
    const { file, value } = found;
    const problems: Problem[] = [];
    const report: Report = (path, message, more = {}) =>
      void problems.push({
        ...file.locate(['server', ...path]),
        ...{ code: 'https', severity: 'error', message, ...more },
      });
    const reading: Reading = { server: value, file, text: sources.text, now: now(), report };
    const https = readHttps(reading);
    checkProxies(value, report);
    if (!isLeftOut(sources, ['server'])) checkPromise(value, report);
    return { https, problems };
  };
}

type Report = (path: Path, message: string, more?: Partial<Pick<Problem, 'code' | 'severity'>>) => void;
const warning = { severity: 'warning' } as const;

interface Reading {
  readonly server: RawServer;
  readonly file: SourceFile;
  readonly text: Sources['text'];
  readonly now: number;
  readonly report: Report;
}

function readHttps(reading: Reading): Https | undefined {
  const { server, report, text } = reading;
  const { cert, key, client_ca, profile = 'modern' } = server.https ?? {};
  if (cert !== undefined && key === undefined)
    report(['https', 'cert'], 'there is a certificate and no key; wanted both');
  if (key !== undefined && cert === undefined)
    report(['https', 'key'], 'there is a key and no certificate; wanted both');
  if (client_ca !== undefined && cert === undefined)
    report(
      ['https', 'client_ca'],
      'phones are asked for certificates by whoever speaks TLS with them; wanted `cert` and `key`',
    );
  if (profile === 'old')
    report(
      ['https', 'profile'],
      'phones may use TLS 1.0, SHA-1 and keys of 1024 bits, and what they say can then be read or altered by others; wanted `modern` as soon as no phone needs it',
      warning,
    );
  if (cert === undefined || key === undefined || text === undefined) return undefined;
  const own = readOwn({ cert, key, profile }, reading);
  const authorities = client_ca === undefined ? undefined : readAuthorities(client_ca, reading);
  if (own === undefined || (client_ca !== undefined && authorities === undefined)) return undefined;
  const files = Object.freeze({ cert, key, clientCa: client_ca });
  return Object.freeze({ ...own, profile, clientCa: authorities, files });
}

interface OwnFiles {
  readonly cert: string;
  readonly key: string;
  readonly profile: Https['profile'];
}

function readOwn(files: OwnFiles, reading: Reading): Pick<Https, 'cert' | 'key' | 'expires'> | undefined {
  const { report } = reading;
  const chain = readFile('cert', files.cert, { ...reading, read: readCertificates });
  const privateKey = readFile('key', files.key, { ...reading, read: readPrivateKey });
  const [certificate] = chain?.read ?? [];
  if (chain === undefined || privateKey === undefined || certificate === undefined) return undefined;
  const bits = weakBits(certificate);
  if (!certificate.checkPrivateKey(privateKey.read)) {
    report(
      ['https', 'key'],
      `the key in ${quoted(files.key)} is not that of the first certificate in ${quoted(files.cert)}`,
    );
    return undefined;
  }
  if (bits !== undefined && files.profile !== 'old') {
    report(
      ['https', 'cert'],
      `the certificate in ${quoted(files.cert)} has a key of ${bits} bits; wanted 2048 or more`,
    );
    return undefined;
  }
  checkValidity(certificate, `the certificate in ${quoted(files.cert)}`, { ...reading, word: 'cert' });
  checkName(certificate, files.cert, reading);
  return { cert: chain.text, key: new Secret(privateKey.text), expires: validity(certificate).to };
}

function readAuthorities(path: string, reading: Reading): string | undefined {
  const bundle = readFile('client_ca', path, { ...reading, read: readCertificates });
  for (const authority of bundle?.read ?? []) {
    const name = quoted(authority.subject.replaceAll('\n', ', '));
    checkValidity(authority, `the authority ${name} in ${quoted(path)}`, { ...reading, word: 'client_ca' });
  }
  return bundle?.text;
}

type Word = 'cert' | 'key' | 'client_ca';

/** The text of a file and what it holds; undefined, and said, when it holds something else. */
function readFile<T extends object>(
  word: Word,
  path: string,
  { text, report, read }: Reading & { readonly read: (text: string) => T | { readonly fault: string } },
): { readonly text: string; readonly read: T } | undefined {
  const what = word === 'key' ? 'a private key without a passphrase, in PEM' : 'certificates in PEM';
  const answer = text?.(path);
  if (answer === undefined) return undefined;
  if (typeof answer !== 'string') {
    const message = `the file ${quoted(path)} ${answer.unreadable}; wanted ${what}`;
    report(['https', word], message, { code: 'unreadable-file' });
    return undefined;
  }
  const found = read(answer);
  if (!('fault' in found)) return { text: answer, read: found };
  report(['https', word], `the file ${quoted(path)} ${found.fault}; wanted ${what}`);
  return undefined;
}

function checkValidity(
  certificate: X509Certificate,
  name: string,
  { now, report, word }: Reading & { readonly word: Word },
): void {
  const { from, to } = validity(certificate);
  const date = (at: number) => new Date(at).toISOString().slice(0, 10);
  const say = (message: string) => report(['https', word], `${name} ${message}`, warning);
  if (to <= now) say(`has expired on ${date(to)}; wanted a new one`);
  else if (from > now) say(`is not valid before ${date(from)}`);
  else if (word === 'cert' && to - now < soon) say(`expires on ${date(to)}; wanted a new one before that`);
}

function checkName(certificate: X509Certificate, path: string, { server, report }: Reading): void {
  const { address } = server;
  if (address === undefined || isFor(certificate, address)) return;
  const message = `the certificate in ${quoted(path)} is for ${namesOf(certificate)}; wanted one for ${address}, which phones are told`;
  report(['https', 'cert'], message, warning);
}

function checkProxies({ proxies = [] }: RawServer, report: Report): void {
  for (const [index, proxy] of proxies.entries()) {
    const range = parseCidr(proxy);
    if (!isRange(range)) report(['proxies', index], range.fault);
    else if (proxy.endsWith('/0'))
      report(
        ['proxies', index],
        `${quoted(proxy)} lets anybody say whose request it is; wanted the proxies alone`,
        warning,
      );
  }
}

/** Phones are told HTTPS: somebody must speak it. */
function checkPromise({ protocol, https, proxies }: RawServer, report: Report): void {
  if (protocol !== 'https' || https?.cert !== undefined || proxies !== undefined) return;
  const message =
    'phones are told https, which nobody speaks here; wanted `https: { cert: …, key: … }`, or the proxy that speaks it in `proxies`';
  report(['protocol'], message, warning);
}

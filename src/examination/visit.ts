import { isIP } from 'node:net';
import { answerChallenge } from '../doctor/answer-challenge.ts';
import { askHttp, type HttpAnswer, type Shown } from '../doctor/http-ask.ts';
import { readTftp, type TftpAnswer } from '../doctor/tftp-read.ts';
import { tokenPrefix } from '../model/access.ts';
import type { Device, Server } from '../model/device.ts';
import { examinationMark } from '../model/examination.ts';
import type { File } from '../model/file.ts';
import { filledName } from '../model/needs.ts';
import { Secret } from '../model/secret.ts';
import type { Site } from '../model/site.ts';
import type { Vendor } from '../model/vendor.ts';

export type Protocol = Server['protocol'];

/** Where a server is looked for. `host`: in place of the address that phones are told. */
export interface Visit {
  readonly device: Device;
  readonly protocol: Protocol;
  /** A name or an IP address, and an address of it. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly userAgent: string;
}

/** What one file came to. */
export type Outcome =
  | { readonly kind: 'whole'; readonly bytes: Buffer; readonly date?: number; readonly shown?: Shown }
  | { readonly kind: 'missing' | 'refused'; readonly answer: string; readonly shown?: Shown }
  | { readonly kind: 'silent'; readonly reason: string; readonly heard: boolean };

/** The files of a device in the order in which its phone asks for them, by the first of their names that there is. */
export function filesInOrder(site: Pick<Site, 'vendors'>, device: Device, files: ReadonlyMap<string, File>): File[] {
  const model = site.vendors.get(device.vendor)?.models.get(device.model);
  return (model?.files ?? []).flatMap(({ name, also }) => {
    const names = [name, ...also].map((one) => filledName(one, model!));
    const found = names.flatMap((one) => files.get(named(one, device).toLowerCase()) ?? []);
    return found.slice(0, 1);
  });
}

const named = (name: string, { mac }: Device): string =>
  name.replaceAll('{mac}', mac).replaceAll('{MAC}', mac.toUpperCase());

/** Asks for one file as the phone would: its user agent, its token, its credentials; over TFTP with these options. */
export function visit(to: Visit, name: string, options: readonly (readonly [string, string])[] = []): Promise<Outcome> {
  return to.protocol === 'tftp' ? visitTftp(to, name, options) : visitHttp({ ...to, protocol: to.protocol }, name);
}

const pathOf = ({ device }: Visit, name: string): string => {
  const { token } = device.settings.access ?? {};
  return token === undefined ? `/${name}` : `${tokenPrefix(Secret.reveal(token))}/${name}`;
};

async function visitTftp(to: Visit, name: string, options: readonly (readonly [string, string])[]): Promise<Outcome> {
  const { address, port } = to;
  const marked = [...options, [examinationMark, '1'] as const];
  const answer = await readTftp({ address, port, path: pathOf(to, name).slice(1), options: marked });
  return outcomeOfTftp(answer);
}

function outcomeOfTftp(answer: TftpAnswer): Outcome {
  if (answer.kind === 'whole') return answer;
  if (answer.kind === 'unreachable') return { kind: 'silent', heard: false, reason: answer.reason };
  if (answer.kind === 'silent') {
    const reason = answer.heard ? `it went silent after ${answer.bytes} bytes` : 'no answer';
    return { kind: 'silent', heard: answer.heard, reason };
  }
  return { kind: answer.code === 1 ? 'missing' : 'refused', answer: `error ${answer.code} ${answer.message}` };
}

async function visitHttp(to: Visit & { readonly protocol: 'http' | 'https' }, name: string): Promise<Outcome> {
  const path = encodeURI(pathOf(to, name));
  const headers = { Host: hostOf(to), 'User-Agent': to.userAgent, [examinationMark]: '1' };
  const ask = (more = {}) => askHttp({ ...to, path, headers: { ...headers, ...more } });
  const first = await ask();
  const { credentials } = to.device.settings.access ?? {};
  if (first.kind === 'failed' || first.status !== 401 || !credentials) return outcomeOfHttp(first);
  const authorization = answerChallenge(first.headers['www-authenticate'], { credentials, uri: path });
  return outcomeOfHttp(authorization === undefined ? first : await ask({ Authorization: authorization }));
}

const hostOf = ({ host, port, protocol }: Visit): string => {
  const bare = isIP(host) === 6 ? `[${host}]` : host;
  return port === { http: 80, https: 443, tftp: 69 }[protocol] ? bare : `${bare}:${port}`;
};

function outcomeOfHttp(answer: HttpAnswer): Outcome {
  if (answer.kind === 'failed') return { kind: 'silent', heard: false, reason: answer.reason };
  const { status, headers, body: bytes, shown } = answer;
  const date = headers.date === undefined ? undefined : Date.parse(headers.date);
  if (status === 200) return { kind: 'whole', bytes, shown, date: Number.isNaN(date) ? undefined : date };
  return { kind: status === 404 ? 'missing' : 'refused', answer: `status ${status}`, shown };
}

/**
 * The user agent of a device's phone: as it said it last, else one that the vendor's phones sent, with its MAC and model.
 * Over TFTP nobody says one.
 */
export function userAgentOf({ mac, model: id }: Device, vendor: Vendor | undefined, last: string | undefined): string {
  const { examples = [], models } = vendor ?? {};
  if (last !== undefined) return last;
  const model = models?.get(id);
  const folded = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const isOf = (said = '') => said !== '' && folded(model?.title ?? id).endsWith(folded(said));
  const example = examples.find((one) => isOf(one.model) && one.mac) ?? examples.find((one) => one.mac) ?? examples[0];
  if (!example) return 'offhook doctor';
  const own = model?.title.split(/[ -]/).at(-1) ?? id;
  const text = isOf(example.model) ? example.user_agent : example.user_agent.replace(example.model ?? own, own);
  const spelt =
    example.mac && new RegExp(example.mac.replace(/../g, '$&[:-]?').replace(/\[:-\]\?$/, ''), 'i').exec(text)?.[0];
  return spelt ? text.replace(spelt, inSpellingOf(spelt, mac)) : text;
}

function inSpellingOf(spelt: string, mac: string): string {
  const separator = /[:-]/.exec(spelt)?.[0] ?? '';
  const written = mac.replace(/..(?=.)/g, `$&${separator}`);
  return spelt === spelt.toUpperCase() ? written.toUpperCase() : written;
}

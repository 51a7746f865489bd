import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mac } from '../../model/mac.ts';
import { isGivenBack, ruleFor, type UploadKind, type UploadRule, type UploadSettings } from '../../model/upload.ts';
import { openInside } from '../open-inside.ts';
import { parseRequestPath, type RequestPath } from '../request-path.ts';
import type { Served } from '../served.ts';
import { keep } from './keep.ts';
import { spool, sweepSpool, tooLarge } from './spool.ts';
import { Unkept, unkeptBy } from './unkept.ts';

export interface UploadsOptions {
  /** `uploads` of the state folder; made when the first upload comes. */
  readonly folder: string;
  /** Undefined while nothing is taken; asked for at each request, like the others. */
  readonly settings: () => UploadSettings | undefined;
  /** What a device's phone sends; undefined when there is no such device. */
  readonly rulesOf: (device: Mac) => readonly UploadRule[] | undefined;
  readonly prefixes?: () => readonly string[];
  /** Bytes of the disk that are left to builds and to the journal; 64 MiB when not given. */
  readonly reserve?: number;
}

/** What a phone sends. */
export interface Upload {
  /** As it came over the wire, without a token. */
  readonly path: string;
  /** Of a stream: with an iterator that does not destroy it when it is left early, or there is nobody to be answered. */
  readonly body: AsyncIterable<Buffer>;
  /** Of the body in bytes, if the sender says so. */
  readonly length?: number;
  /** Content-Type. */
  readonly type?: string;
  /** Called before the body is read, and only if it will be: where `100 Continue` is waited for. */
  readonly begin?: () => void;
  /** Told how many bytes of the body have come. */
  readonly came?: (bytes: number) => void;
}

/** What becomes of it: the answer, and what the fact says. */
export interface Outcome {
  /** 201 for a new file, 200 for one that was there; any other is a refusal. */
  readonly status: 200 | 201 | Unkept['status'];
  /** `kept: override`, or why not. */
  readonly reason: string;
  readonly file?: string;
  readonly device?: Mac;
  /** Bytes of the body that came. */
  readonly received: number;
}

export interface Uploads {
  /** Whether anything is taken. */
  isOn(): boolean;
  /** Takes a PUT or POST. Never rejects; the body is read to its end only if it is kept. */
  receive(upload: Upload): Promise<Outcome>;
  /** What a phone gets back of its own under the name that it sent it by. */
  find(path: RequestPath): Promise<Served | undefined>;
}

/** At the same time: of one device, and in all. */
const mostUnderWay = { device: 4, all: 256 };

/** Takes what phones send, keeps it apart for each device, and gives each its own back. */
export function createUploads(options: UploadsOptions): Uploads {
  const { folder, settings, rulesOf, prefixes, reserve = 64 * 1_048_576 } = options;
  const underWay = new Map<Mac, number>();
  const after = oneAfterAnother();
  let total = 0;
  let swept: Promise<void> | undefined;

  const count = (device: Mac, by: 1 | -1) => {
    total += by;
    const now = (underWay.get(device) ?? 0) + by;
    if (now > 0) underWay.set(device, now);
    else underWay.delete(device);
  };

  async function take(upload: Upload, target: Target, limits: UploadSettings, came: (bytes: number) => void) {
    const { device, name, rule } = target;
    if ((underWay.get(device) ?? 0) >= mostUnderWay.device || total >= mostUnderWay.all)
      throw new Unkept(503, 'too many uploads at once');
    count(device, 1);
    try {
      swept ??= sweepSpool(folder);
      await swept;
      upload.begin?.();
      const { body, length } = upload;
      const temporary = await spool({ folder, body, length, most: limits.file, reserve, came });
      try {
        const own = { folder: join(folder, device), name, rule, temporary, settings: limits };
        return await after(device, () => keep(own));
      } finally {
        await rm(temporary, { force: true });
      }
    } finally {
      count(device, -1);
    }
  }

  return {
    isOn: () => settings() !== undefined,
    async receive(upload) {
      const found = { received: 0 } as { received: number; file?: string; device?: Mac };
      try {
        const limits = settings();
        if (limits === undefined) throw new Unkept(403, 'nothing is taken from phones');
        const path = parseRequestPath(upload.path, prefixes?.());
        if ('status' in path) throw new Unkept(path.status, path.reason);
        found.device = path.device;
        const target = targetOf(path, rulesOf);
        found.file = target.name;
        demandSize(upload, limits);
        const done = await take(upload, target, limits, (bytes) => {
          found.received = bytes;
          upload.came?.(bytes);
        });
        return {
          ...found,
          status: done === 'created' ? 201 : 200,
          reason: `kept: ${target.rule.kind}${appended[done]}`,
        };
      } catch (error) {
        const { status, message } = unkeptBy(error);
        return { ...found, status, reason: message };
      }
    },
    async find(path) {
      if (!settings()?.give_back) return undefined;
      const target = locate(path, rulesOf);
      if (target === undefined || !isGivenBack(target.rule)) return undefined;
      return readKept(join(folder, target.device), target).catch(() => undefined);
    },
  };
}

const appended = { created: '', replaced: '', appended: ', one more piece' };

interface Target {
  readonly device: Mac;
  readonly name: string;
  readonly rule: { readonly kind: UploadKind; readonly append: boolean };
}

/** The file that a path means, in whatever folder of the phone's choice. */
function locate({ names, device }: RequestPath, rulesOf: UploadsOptions['rulesOf']): Target | undefined {
  const name = names.at(-1)?.split('/').at(-1);
  const rules = device && rulesOf(device);
  const rule = device && name && rules && ruleFor(rules, name, device);
  return rule ? { device, name, rule } : undefined;
}

/** To the one who sends it is all the same why not. */
function targetOf(path: RequestPath, rulesOf: UploadsOptions['rulesOf']): Target {
  const target = locate(path, rulesOf);
  if (target) return target;
  if (path.device === undefined) throw new Unkept(403, 'the name of the upload has no MAC');
  if (rulesOf(path.device) === undefined) throw new Unkept(403, 'an upload of an unknown device');
  throw new Unkept(403, 'the vendor’s phones send no file of this name, as its vendor.yml has it');
}

function demandSize({ length = 0, type = '' }: Upload, { file }: UploadSettings): void {
  if (length > file) throw tooLarge(file);
  if (/^\s*multipart\//i.test(type)) throw new Unkept(415, 'a form instead of the file itself: let the phone use PUT');
}

async function readKept(folder: string, { device, name }: Target): Promise<Served> {
  const handle = await openInside(folder, name);
  try {
    const { mtime: modified } = await handle.stat();
    const bytes = await handle.readFile();
    const hash = createHash('sha256').update(bytes).digest('hex');
    return { file: name, size: bytes.byteLength, modified, hash, device, bytes };
  } finally {
    await handle.close();
  }
}

/** Work on one device is done in the order in which it was asked for. */
function oneAfterAnother(): <T>(device: Mac, work: () => Promise<T>) => Promise<T> {
  const last = new Map<Mac, Promise<unknown>>();
  return (device, work) => {
    const now = (last.get(device) ?? Promise.resolve()).catch(() => {}).then(work);
    const settled = now
      .catch(() => {})
      .finally(() => {
        if (last.get(device) === settled) last.delete(device);
      });
    last.set(device, settled);
    return now;
  };
}

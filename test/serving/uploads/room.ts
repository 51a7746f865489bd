import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Mac } from '../../../src/model/mac.ts';
import { defaultUploads, type UploadSettings, uploadRule } from '../../../src/model/upload.ts';
import { createUploads, type Outcome, type Upload, type UploadsOptions } from '../../../src/serving/uploads/uploads.ts';

export const phone = '0004f2abcdef' as Mac;
export const other = '0004f2000001' as Mac;

export const rules = [
  uploadRule({ name: '{mac}-phone.cfg', kind: 'override', append: false }),
  uploadRule({ name: '{mac}-directory.xml', kind: 'directory', append: false }),
  uploadRule({ name: '{mac}-*core*', kind: 'core', append: false }),
  uploadRule({ name: '{mac}-app.log', kind: 'log', append: true }),
  uploadRule({ name: '{mac}-boot.log', kind: 'log', append: false }),
];

/** Uploads in a folder of the test's own: two known devices, of one vendor. */
export function openUploads(limits: Partial<UploadSettings> = {}, options: Partial<UploadsOptions> = {}) {
  const state = mkdtempSync(join(tmpdir(), 'offhook-uploads-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const folder = options.folder ?? join(state, 'uploads');
  const uploads = createUploads({
    folder,
    settings: () => ({ ...defaultUploads, ...limits }),
    rulesOf: (device) => (device === phone || device === other ? rules : undefined),
    ...options,
  });
  const put = (path: string, body: string | Buffer, more: Partial<Upload> = {}): Promise<Outcome> =>
    uploads.receive({ path, body: pieces(body), ...more });
  const names = (device = phone): string[] => {
    try {
      return readdirSync(join(folder, device)).sort();
    } catch {
      return [];
    }
  };
  const text = (name: string, device = phone) => readFileSync(join(folder, device, name), 'utf8');
  const incoming = () => readdirSync(join(folder, '.incoming'));
  return { state, folder, uploads, put, names, text, incoming };
}

/** A body as it comes from a socket. */
export async function* pieces(body: string | Buffer, size = 65_536): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Served } from '../../src/serving/served.ts';

/** A file on disk as the lookup answers it when people put it beside ours: without its bytes. */
export interface StreamedFile {
  readonly path: string;
  readonly served: Served;
  remove(): Promise<void>;
}

export async function streamedFile(bytes: Uint8Array): Promise<StreamedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'offhook-streamed-'));
  const path = join(folder, 'firmware');
  await writeFile(path, bytes);
  const served = { file: 'firmware', size: bytes.length, modified: new Date(0), open: () => open(path) };
  return { path, served, remove: () => rm(folder, { recursive: true }) };
}

import type { FileHandle } from 'node:fs/promises';
import type { Served } from '../served.ts';
import { createChunkMemory } from './chunk-memory.ts';
import { toNetascii } from './netascii.ts';
import { createStreamedFile, type Mode, measure, type Source, type StreamedFile } from './streamed-file.ts';

export interface Sources {
  /** At once for what is in memory. Rejects with the file system's error when the file cannot be opened. */
  open(served: Served, mode: Mode): Source | Promise<Source>;
}

export interface SourcesOptions {
  /** Bytes of streamed files that are kept in memory, all together. */
  readonly memory: number;
  /** Bytes that are read at a time. */
  readonly chunk: number;
}

/** Small files come with their bytes; the others stream, opened once and read once for all their transfers. */
export function createSources({ memory, chunk }: SourcesOptions): Sources {
  const files = new Map<string, StreamedFile>();
  const chunks = createChunkMemory(memory);

  async function stream(handle: FileHandle, mode: Mode): Promise<Source> {
    const stat = await handle.stat({ bigint: true });
    const key = `${mode} ${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}`;
    const layout = files.get(key)?.layout ?? (await measure(handle, { size: Number(stat.size), mode, chunk }));
    // Nothing is awaited from here on: a file that is found is in use before its last user can close it.
    const known = files.get(key);
    if (known) handle.close().catch(() => {});
    const onUnused = () => files.delete(key);
    const file = known ?? createStreamedFile({ handle, layout, mode, modified: stat.mtimeNs, chunks, onUnused });
    files.set(key, file);
    return file.use();
  }

  async function openStream({ open }: Served, mode: Mode): Promise<Source> {
    if (!open) throw new Error('the file has neither bytes nor a way to open it');
    const handle = await open();
    return stream(handle, mode).catch(async (error: unknown) => {
      await handle.close().catch(() => {});
      throw error;
    });
  }

  return {
    open: (served, mode) =>
      served.bytes
        ? fromMemory(mode === 'netascii' ? toNetascii(served.bytes) : served.bytes)
        : openStream(served, mode),
  };
}

function fromMemory(bytes: Buffer): Source {
  return { size: bytes.length, read: (start, end) => bytes.subarray(start, end), close() {} };
}

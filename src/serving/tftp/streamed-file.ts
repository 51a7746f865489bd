import type { FileHandle } from 'node:fs/promises';
import { type Chunk, type ChunkMemory, createChunk } from './chunk-memory.ts';
import { netasciiSize, toNetascii } from './netascii.ts';

/** The bytes of one transfer, as they travel: octet or netascii. Offsets and sizes in bytes. */
export interface Source {
  readonly size: number;
  /** The bytes from `start` to `end`, at once when they are in memory. Rejects when the file is not what it was. */
  read(start: number, end: number): Buffer | Promise<Buffer>;
  close(): void;
}

/** `octet`: as they are; `netascii`: with converted line ends (RFC 1350 section 1). */
export type Mode = 'octet' | 'netascii';

/** Where each chunk begins, in bytes as they travel, and the size as the last entry. */
export interface Layout {
  readonly starts: readonly number[];
  readonly chunk: number;
}

/** An open file that all its transfers share. */
export interface StreamedFile {
  readonly layout: Layout;
  /** One more transfer reads it; the last that closes its source closes the file. */
  use(): Source;
}

interface StreamedFileOptions {
  /** Taken over: closed after the last use. */
  readonly handle: FileHandle;
  readonly layout: Layout;
  readonly mode: Mode;
  /** Nanoseconds, when the transfer began: a file that is written in place afterwards is not finished. */
  readonly modified: bigint;
  readonly chunks: ChunkMemory;
  onUnused(): void;
}

/** Lays the file out in chunks. For netascii it is read through, since its size must be known before it travels. */
export async function measure(
  handle: FileHandle,
  { size, mode, chunk }: { size: number; mode: Mode; chunk: number },
): Promise<Layout> {
  const starts = [0];
  let travelled = 0;
  for (let at = 0; at < size; at += chunk) {
    const length = Math.min(chunk, size - at);
    travelled += mode === 'octet' ? length : netasciiSize(await readFully(handle, at, length));
    starts.push(travelled);
  }
  return { starts, chunk };
}

export function createStreamedFile(options: StreamedFileOptions): StreamedFile {
  const { handle, layout, chunks } = options;
  const pieces = layout.starts.slice(1).map(createChunk);
  let users = 0;
  const load = createLoader({ ...options, pieces, inUse: () => users > 0 });

  function leave(): void {
    if (--users > 0) return;
    options.onUnused();
    for (const piece of pieces) chunks.forget(piece);
    handle.close().catch(() => {});
  }

  return {
    layout,
    use() {
      users++;
      let open = true;
      const close = () => {
        if (open) leave();
        open = false;
      };
      return { size: layout.starts.at(-1) ?? 0, read: createReader({ layout, pieces, load, chunks }), close };
    },
  };
}

type Load = (index: number) => Promise<Buffer>;

interface LoaderOptions extends StreamedFileOptions {
  readonly pieces: readonly Chunk[];
  inUse(): boolean;
}

/** Loads a chunk, once for all who ask at the same time. */
function createLoader({ handle, layout, mode, modified, chunks, pieces, inUse }: LoaderOptions): Load {
  async function loadFromDisk(index: number): Promise<Buffer> {
    const raw = await readFully(handle, index * layout.chunk, layout.chunk);
    const { mtimeNs } = await handle.stat({ bigint: true });
    const bytes = mode === 'netascii' ? toNetascii(raw) : raw;
    if (mtimeNs !== modified || bytes.length !== layout.starts[index + 1]! - layout.starts[index]!)
      throw new Error('the file was written to while it was being sent');
    if (inUse()) chunks.keep(pieces[index]!, bytes);
    return bytes;
  }
  return (index) => {
    const piece = pieces[index]!;
    if (piece.bytes) return Promise.resolve(piece.bytes);
    piece.loading ??= loadFromDisk(index).finally(() => {
      piece.loading = undefined;
    });
    return piece.loading;
  };
}

interface ReaderOptions {
  readonly layout: Layout;
  readonly pieces: readonly Chunk[];
  readonly load: Load;
  readonly chunks: ChunkMemory;
}

/** One transfer's way through the file: it remembers its chunk, and on entering one has the next read ahead. */
function createReader({ layout: { starts }, pieces, load, chunks }: ReaderOptions): Source['read'] {
  let current = -1;

  function seek(offset: number): number {
    let index = Math.max(current, 0);
    while (offset >= starts[index + 1]!) index++;
    while (offset < starts[index]!) index--;
    if (index !== current) enter(index);
    return index;
  }

  function enter(index: number): void {
    current = index;
    chunks.touch(pieces[index]!);
    if (index + 1 < pieces.length) load(index + 1).catch(() => {});
  }

  function readAcross(first: number, start: number, end: number): Buffer | Promise<Buffer> {
    const indices: number[] = [];
    for (let index = first; index < pieces.length && starts[index]! < end; index++) indices.push(index);
    const cut = (bytes: readonly Buffer[]) =>
      Buffer.concat(
        bytes.map((part, i) => part.subarray(Math.max(0, start - starts[first + i]!), end - starts[first + i]!)),
      );
    const kept = indices.flatMap((index) => pieces[index]!.bytes ?? []);
    return kept.length === indices.length ? cut(kept) : Promise.all(indices.map(load)).then(cut);
  }

  return (start, end) => {
    if (start >= end) return Buffer.alloc(0);
    const index = seek(start);
    const from = starts[index]!;
    const { bytes } = pieces[index]!;
    if (bytes && end <= starts[index + 1]!) return bytes.subarray(start - from, end - from);
    return readAcross(index, start, end);
  };
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

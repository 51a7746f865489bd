import { createLink, isAlone, type Link, moveToEnd, unlink } from './ring.ts';

/** A piece of a streamed file; `bytes` while it is remembered. */
export interface Chunk extends Link {
  bytes: Buffer | undefined;
  loading: Promise<Buffer> | undefined;
}

/** What is remembered of all streamed files, up to a number of bytes: those used longest ago are forgotten first. */
export interface ChunkMemory {
  keep(chunk: Chunk, bytes: Buffer): void;
  touch(chunk: Chunk): void;
  forget(chunk: Chunk): void;
}

export const createChunk = (): Chunk => createLink({ bytes: undefined, loading: undefined });

export function createChunkMemory(most: number): ChunkMemory {
  const head = createLink({});
  let total = 0;

  function forget(chunk: Chunk): void {
    total -= chunk.bytes?.length ?? 0;
    chunk.bytes = undefined;
    unlink(chunk);
  }

  return {
    forget,
    touch(chunk) {
      if (chunk.bytes) moveToEnd(head, chunk);
    },
    keep(chunk, bytes) {
      forget(chunk);
      while (total + bytes.length > most && !isAlone(head)) forget(head.next as Chunk);
      chunk.bytes = bytes;
      total += bytes.length;
      moveToEnd(head, chunk);
    },
  };
}

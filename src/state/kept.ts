import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** One value of the state folder, from one start of the daemon to the next. */
export interface Kept<T> {
  /** `none` when nothing was kept yet, `damaged` when it cannot be read. */
  read(): { readonly value: T } | 'none' | 'damaged';
  /** Whole or not at all. Throws what the disk says. */
  write(value: T): void;
}

const digest = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');
const digestLength = 32;

/**
 * A value in a file that its owner alone may read; maps, sets, bytes and patterns stay what they are. Behind its hash,
 * so that a file that was cut off is known for what it is. `version`: of the form of the value; another one is damaged.
 */
export function createKept<T>(path: string, version: string): Kept<T> {
  const sealed = (body: Buffer) => digest(Buffer.concat([Buffer.from(`${version}\n`), body]));
  return {
    read() {
      try {
        const bytes = readFileSync(path);
        const body = bytes.subarray(digestLength);
        if (!sealed(body).equals(bytes.subarray(0, digestLength))) return 'damaged';
        return { value: deserialize(body) as T };
      } catch (error) {
        return Object(error).code === 'ENOENT' ? 'none' : 'damaged';
      }
    },
    write(value) {
      const body = serialize(value);
      const beside = `${path}.${process.pid}.new`;
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      try {
        writeFileSync(beside, Buffer.concat([sealed(body), body]), { mode: 0o600, flush: true });
        renameSync(beside, path);
      } catch (error) {
        rmSync(beside, { force: true });
        throw error;
      }
    },
  };
}

import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A real program that a test talks to. Where it is missing the test is skipped, and CI fails if any was. */
export interface Peer {
  readonly missing: boolean;
  /** For the name of the test: `needs sipp, of the package sip-tester`. */
  readonly sentence: string;
}

/** Looks for `program` on the PATH (and in the sbin folders); `debianPackage` is where a contributor gets it. */
export function peer(program: string, debianPackage: string): Peer {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const missing = !folders.some((folder) => isExecutable(join(folder, program)));
  return { missing, sentence: `needs ${program}, of the Debian package ${debianPackage}` };
}

/** What a C compiler needs besides itself. */
export const headers = (path: string, debianPackage: string): Peer => ({
  missing: !existsSync(join('/usr/include', path)),
  sentence: `needs ${path}, of the Debian package ${debianPackage}`,
});

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

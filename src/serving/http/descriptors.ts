import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/**
 * Whether this process can open one more file. When it cannot, connections are closed as they come, and nobody is told:
 * neither with an error nor otherwise (libuv, `uv__emfile_trick`).
 */
export function hasDescriptorLeft(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE'));
  }
}

import type { Path } from '../model/sources.ts';
import { shortened, visible } from '../problem.ts';

/** The steps of a JSON pointer (RFC 6901). */
export const toPath = (pointer: string): Path =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** A path as people write it: `devices[3].mac`, the items of lists counted from 1. `root` says what is a list. */
export function describe(path: Path, root: unknown): string {
  if (path.length === 0) return 'the file';
  return path
    .map((step, index) =>
      Array.isArray(valueAtPath(root, path.slice(0, index)))
        ? `[${Number(step) + 1}]`
        : `${index ? '.' : ''}${visible(shortened(String(step)))}`,
    )
    .join('');
}

/** The value at a path; undefined where there is none. */
export function valueAtPath(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Object(at)[step] : undefined),
    root,
  );
}

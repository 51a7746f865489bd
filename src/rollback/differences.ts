import { maskedDiff } from '../masked-diff.ts';
import { namesInPlace } from '../render/cut.ts';
import type { RevisionFile } from './revisions.ts';

/** What differs in a file from one revision to another. */
export interface FileDifference {
  readonly file: string;
  /** Lines; absent where the text of one of them is not kept. */
  readonly added?: number;
  readonly removed?: number;
  /** Unified; every secret is a row of dots, and one that alone changed shows no difference. */
  readonly diff: string;
}

/** The files that differ, by name. */
export function differences(before: readonly RevisionFile[], after: readonly RevisionFile[]): FileDifference[] {
  const names = [...new Set([...before, ...after].map(({ path }) => path))].sort();
  return names.flatMap((path): FileDifference[] => {
    const [from, to] = [before, after].map((files) => files.find((file) => file.path === path));
    if ((from && !from.cut) || (to && !to.cut)) return [{ file: path, diff: `--- ${path}\n+++ ${path}\n(not kept)\n` }];
    const [one, other] = [from?.cut, to?.cut];
    const [old, fresh] = [one && namesInPlace(one, other), other && namesInPlace(other, one)];
    if (old && fresh && old.bytes.equals(fresh.bytes)) return [];
    const kind = !old ? 'added' : !fresh ? 'removed' : 'changed';
    const diff = maskedDiff({ path, kind, before: old, after: fresh });
    return [{ file: path, added: count(diff, /^\+(?!\+\+ )/gm), removed: count(diff, /^-(?!-- )/gm), diff }];
  });
}

const count = (diff: string, what: RegExp): number => diff.match(what)?.length ?? 0;

/** `001565123456.cfg +1 -1` */
export function summaryOf({ file, added, removed }: FileDifference): string {
  return added === undefined ? `${file} is not kept` : `${file} +${added} -${removed ?? 0}`;
}

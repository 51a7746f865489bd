import type { Path, Sources } from './sources.ts';

/** Whether what would stand at a path may be there all the same: it was left out, or something that it is a part of. */
export const isLeftOut = ({ leftOut = [] }: Pick<Sources, 'leftOut'>, path: Path): boolean =>
  leftOut.some((out) => out.length <= path.length && out.every((step, index) => String(step) === String(path[index])));

/** Whether a layer may have said something of SIP that was left out. */
export const isSipLeftOut = (sources: Pick<Sources, 'leftOut'>): boolean => isWordLeftOut(sources, 'sip');

/** Whether a layer may have said something of a setting that was left out. */
export const isWordLeftOut = ({ leftOut = [] }: Pick<Sources, 'leftOut'>, word: string): boolean =>
  leftOut.some((out) => out.includes(word) || out.length === 0 || (out.length <= 2 && layers.has(String(out[0]))));

const layers: ReadonlySet<string> = new Set(['defaults', 'models', 'groups']);

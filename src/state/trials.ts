import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Trial } from '../rollout/trial.ts';
import { createKept, type Kept } from './kept.ts';

/** The rollouts of a state folder that canaries prove, or that have stopped. */
export const openTrials = (folder: string): Kept<readonly Trial[]> => createKept(join(folder, 'rollouts'), '1');

/** None when there is none, or nobody can read them. */
export function readTrials(folder: string): readonly Trial[] {
  const found = openTrials(folder).read();
  return typeof found === 'object' ? found.value : [];
}

/** What somebody wants of the daemon: that the rest gets the change now, or that it ends. */
export const rolloutWords = ['go', 'stop'] as const;

export interface RolloutWish {
  readonly word: (typeof rolloutWords)[number];
  /** When those rollouts began that are meant: later ones are others. */
  readonly began: readonly number[];
}

const wishes = (folder: string): Kept<RolloutWish> => createKept(wishPath(folder), '1');
const wishPath = (folder: string) => join(folder, 'rollout-wish');

/** Leaves a wish for the daemon. @throws Error what the disk says */
export const wishRollout = (folder: string, wish: RolloutWish): void => wishes(folder).write(wish);

/** Whether a wish waits that no daemon has taken. */
export const isWishWaiting = (folder: string): boolean => existsSync(wishPath(folder));

/** Takes the wish that somebody left, if there is one. */
export function takeRolloutWish(folder: string): RolloutWish | undefined {
  if (!isWishWaiting(folder)) return undefined;
  const found = wishes(folder).read();
  rmSync(wishPath(folder), { force: true });
  return typeof found === 'object' ? found.value : undefined;
}

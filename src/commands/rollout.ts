import { setTimeout as pause } from 'node:timers/promises';
import { readRollout } from '../state/rollout-report.ts';
import { isWishWaiting, type RolloutWish, takeRolloutWish, wishRollout } from '../state/trials.ts';
import type { Console, Place } from './command.ts';
import { rolloutJson, rolloutLines } from './format-rollout.ts';

export interface RolloutArguments extends Pick<Place, 'out' | 'state'> {
  readonly what: 'show' | RolloutWish['word'];
  readonly format: 'text' | 'json';
}

/** How long the daemon has to take a wish, milliseconds: it looks every second. */
const patience = 10_000;

/**
 * Shows how it is with the changes that not everybody has yet; or lets everybody have them now, or ends them: canaries go
 * back then. 0; 1 when there is no rollout, or no daemon that hears of it.
 */
export async function rollout({ state, out, what, format }: RolloutArguments, console: Console): Promise<number> {
  const report = readRollout({ state, out });
  if (what === 'show') {
    const lines = rolloutLines(report, Date.now());
    if (format === 'json') console.out(`${JSON.stringify(rolloutJson(report))}\n`);
    else console.out(lines.length === 0 ? 'everybody was told\n' : `${lines.join('\n')}\n`);
    return 0;
  }
  const meant = report.trials.filter(({ stopped, released }) => !released && !(what === 'stop' && stopped));
  if (meant.length === 0) throw new Error('there is no rollout that waits for its canaries');
  wishRollout(state, { word: what, began: meant.map(({ began }) => began) });
  for (const end = Date.now() + patience; isWishWaiting(state) && Date.now() < end; ) await pause(50);
  if (takeRolloutWish(state)) throw new Error('no daemon runs that could do it: start `offhook serve` first');
  const devices = meant.reduce((sum, { held }) => sum + held, 0);
  const words = what === 'go' ? `get the change now: ${devices}` : `keep their files: ${devices}; the canaries go back`;
  console.out(`devices that ${words}\n`);
  return 0;
}

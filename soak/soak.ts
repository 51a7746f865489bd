import { aKillInMidBuildLeavesOutWhole } from './a-kill-in-mid-build-leaves-out-whole.ts';
import { abandonTransfers } from './abandoned-transfers-leave-nothing-behind.ts';
import { manySocketsOfOneAddressStarveNobody } from './many-sockets-of-one-address-starve-nobody.ts';
import { memoryAndDescriptorsStayFlat, memoryTable } from './memory-and-descriptors-stay-flat.ts';
import { mutatedPacketsLeaveGoodTransfersGood } from './mutated-packets-leave-good-transfers-good.ts';
import { type Outcome, together } from './outcome.ts';
import { rewritingOutTearsNoFile } from './rewriting-out-tears-no-file.ts';
import { startSampler } from './sample.ts';
import { startTarget } from './target.ts';
import { withoutDescriptorsItRefusesAndRecovers } from './without-descriptors-it-refuses-and-recovers.ts';
import { withoutRoomOnTheDiskPhonesAreServed } from './without-room-on-the-disk-phones-are-served.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Gets a line now and then. */
  readonly say: (line: string) => void;
}

export interface Soaked {
  readonly outcomes: readonly Outcome[];
  /** Markdown. */
  readonly tables: readonly string[];
}

/** What is wanted of a whole run; how far it comes is a question of the minutes. */
export const wanted = { packets: 1_000_000, sockets: 20_000, edits: 10_000, kills: 100 } as const;

/** Of the minutes: for faults that need a daemon of their own, most of it for kills. The rest is for laps. */
const faultShare = 0.45;

/** First the faults that need a daemon of their own, then lap after lap over two daemons that stay the same. */
export async function soak({ minutes, seed, say }: SoakOptions): Promise<Soaked> {
  const began = performance.now();
  const at = (share: number) => began + minutes * 60_000 * share;
  const outcomes: Outcome[] = [];
  const add = (outcome: Outcome) => {
    outcomes.push(outcome);
    say(`${clock(began)} ${lineOf(outcome)}`);
  };
  add(await withoutDescriptorsItRefusesAndRecovers({ seed, times: 5 }));
  add(await withoutRoomOnTheDiskPhonesAreServed({ requests: 70_000 }));
  add(await aKillInMidBuildLeavesOutWhole({ kills: wanted.kills, seed, until: at(faultShare) }));
  const laps = await runLaps({ seed, until: at(1), add });
  return { outcomes: together(outcomes), tables: laps };
}

interface Laps {
  readonly seed: number;
  readonly until: number;
  readonly add: (outcome: Outcome) => void;
}

/** A lap, in shares of what is wanted: so many that memory has time to grow, if it does. */
const lapsWanted = 16;

/** Gives tables of what the two daemons took. */
async function runLaps({ seed, until, add }: Laps): Promise<string[]> {
  await using served = await startTarget(100);
  await using edited = await startTarget(6, { hasty: true });
  const samplers = {
    'offhook serve': startSampler(served.daemon),
    'the daemon that is edited': startSampler(edited.daemon),
  };
  let generation = 0;
  for (let lap = 0; lap === 0 || performance.now() < until; lap++) {
    for (const sampler of Object.values(samplers)) await sampler.rest();
    const seeded = { seed: seed + lap };
    const abandoned = await abandonTransfers(served, { each: 40, lap });
    add(await mutatedPacketsLeaveGoodTransfersGood(served, { ...seeded, packets: wanted.packets / lapsWanted }));
    const rewritten = await rewritingOutTearsNoFile(edited, {
      ...seeded,
      edits: wanted.edits / lapsWanted,
      from: generation,
    });
    generation = rewritten.generation;
    add(rewritten);
    add(await abandoned.outcome());
    add(await manySocketsOfOneAddressStarveNobody(served, { ...seeded, sockets: wanted.sockets }));
    if ([served, edited].some(({ daemon }) => daemon.ended() !== undefined)) break;
  }
  for (const sampler of Object.values(samplers)) {
    await sampler.rest().catch(() => {});
    sampler.stop();
  }
  for (const [what, sampler] of Object.entries(samplers)) add(memoryAndDescriptorsStayFlat(what, sampler));
  return Object.entries(samplers).map(([what, sampler]) => memoryTable(what, sampler));
}

const clock = (began: number): string => `${((performance.now() - began) / 60_000).toFixed(1).padStart(5)} min`;

/** One line of an outcome, and one of each violation. */
export function lineOf({ sentence, figures, violations, skipped }: Outcome): string {
  const verdict = violations.length > 0 ? 'VIOLATED' : skipped === undefined ? 'held' : 'skipped';
  const numbers = Object.entries(figures).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
  const head = `${verdict}: ${sentence} (${skipped ?? numbers.join(', ')})`;
  return [head, ...violations.map((violation) => `    ${violation}`)].join('\n');
}

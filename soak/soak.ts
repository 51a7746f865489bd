import { aKillInMidBuildLeavesOutWhole } from './a-kill-in-mid-build-leaves-out-whole.ts';
import { abandonTransfers } from './abandoned-transfers-leave-nothing-behind.ts';
import { manySocketsOfOneAddressStarveNobody } from './many-sockets-of-one-address-starve-nobody.ts';
import { memoryAndDescriptorsStayFlat, memoryTable } from './memory-and-descriptors-stay-flat.ts';
import { mutatedPacketsLeaveGoodTransfersGood } from './mutated-packets-leave-good-transfers-good.ts';
import { type Outcome, together } from './outcome.ts';
import { rewritingOutTearsNoFile } from './rewriting-out-tears-no-file.ts';
import { type Sampler, startSampler } from './sample.ts';
import { startTarget, type Target } from './target.ts';
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

/** Threads of the daemons that have some; others have none but the main one. */
const workers = 2;

/** First the faults that need a daemon of their own, then lap after lap over daemons that stay the same. */
export async function soak({ minutes, seed, say }: SoakOptions): Promise<Soaked> {
  const began = performance.now();
  const at = (share: number) => began + minutes * 60_000 * share;
  const outcomes: Outcome[] = [];
  const add = (outcome: Outcome) => {
    outcomes.push(outcome);
    say(`${clock(began)} ${lineOf(outcome)}`);
  };
  const run = async (what: string, work: () => Promise<Outcome>) =>
    add(await work().catch((error) => broken(what, error)));
  for (const threads of [0, workers])
    await run('without descriptors', () =>
      withoutDescriptorsItRefusesAndRecovers({ seed, times: 3, workers: threads }),
    );
  await run('without room', () => withoutRoomOnTheDiskPhonesAreServed({ requests: 70_000 }));
  const kills = { kills: wanted.kills / 2, seed };
  await run('a kill', () => aKillInMidBuildLeavesOutWhole({ ...kills, until: at(faultShare / 2) }));
  await run('a kill', () => aKillInMidBuildLeavesOutWhole({ ...kills, workers, until: at(faultShare) }));
  const tables = await runLaps({ seed, until: at(1), add, run });
  return { outcomes: together(outcomes), tables };
}

/** A scenario that could not go on. */
const broken = (what: string, error: unknown): Outcome => ({
  sentence: `${what}: the scenario comes to its end`,
  figures: {},
  violations: [String(error)],
});

interface Laps {
  readonly seed: number;
  readonly until: number;
  readonly add: (outcome: Outcome) => void;
  readonly run: (what: string, work: () => Promise<Outcome>) => Promise<void>;
}

/** A lap, in shares of what is wanted: so many that memory has time to grow, if it does. */
const lapsWanted = 16;

/** By turns over daemons with workers and without. Gives tables of what they took. */
async function runLaps({ seed, until, add, run }: Laps): Promise<string[]> {
  await using alone = await startTrack(0);
  await using shared = await startTrack(workers);
  const tracks = [alone, shared];
  for (let lap = 0; lap < tracks.length || performance.now() < until; lap++) {
    const track = tracks[lap % tracks.length]!;
    await run('a lap', () => runLap(track, { seed: seed + lap, lap, add }));
    if (tracks.some(({ served, edited }) => served.daemon.ended() ?? edited.daemon.ended())) break;
  }
  const samplers = tracks.flatMap((track) => Object.entries(track.samplers));
  for (const [, sampler] of samplers) {
    await sampler.rest().catch(() => {});
    sampler.stop();
  }
  for (const [what, sampler] of samplers) add(memoryAndDescriptorsStayFlat(what, sampler));
  return samplers.map(([what, sampler]) => memoryTable(what, sampler));
}

/** The daemons of a kind of lap. */
interface Track extends AsyncDisposable {
  readonly served: Target;
  readonly edited: Target;
  readonly samplers: Readonly<Record<string, Sampler>>;
  /** That the edited site is of. */
  generation: number;
}

async function startTrack(threads: number): Promise<Track> {
  const served = await startTarget(100, { workers: threads });
  const edited = await startTarget(6, { workers: threads, hasty: true });
  const name = threads === 0 ? 'no workers' : `${threads} workers`;
  return {
    ...{ served, edited, generation: 0 },
    samplers: { [`served, ${name}`]: startSampler(served.daemon), [`edited, ${name}`]: startSampler(edited.daemon) },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await edited[Symbol.asyncDispose]();
    },
  };
}

/** Everything that concerns a daemon that lives on; abandoned transfers wait for their end while the others run. */
async function runLap(
  track: Track,
  { seed, lap, add }: { lap: number } & Pick<Laps, 'seed' | 'add'>,
): Promise<Outcome> {
  const { served, edited } = track;
  for (const sampler of Object.values(track.samplers)) await sampler.rest();
  const abandoned = await abandonTransfers(served, { each: 40, lap });
  add(await mutatedPacketsLeaveGoodTransfersGood(served, { seed, packets: wanted.packets / lapsWanted }));
  const edits = wanted.edits / lapsWanted;
  const rewritten = await rewritingOutTearsNoFile(edited, { seed, edits, from: track.generation });
  track.generation = rewritten.generation;
  add(rewritten);
  add(await abandoned.outcome());
  return manySocketsOfOneAddressStarveNobody(served, { seed, sockets: wanted.sockets });
}

const clock = (began: number): string => `${((performance.now() - began) / 60_000).toFixed(1).padStart(5)} min`;

/** One line of an outcome, and one of each violation. */
export function lineOf({ sentence, figures, violations, skipped }: Outcome): string {
  const verdict = violations.length > 0 ? 'VIOLATED' : skipped === undefined ? 'held' : 'skipped';
  const numbers = Object.entries(figures).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
  const head = `${verdict}: ${sentence} (${skipped ?? numbers.join(', ')})`;
  return [head, ...violations.map((violation) => `    ${violation}`)].join('\n');
}

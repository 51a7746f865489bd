import { flat } from './flat.ts';
import { createFindings, type Outcome } from './outcome.ts';
import type { Sample, Sampler } from './sample.ts';

/**
 * Holds the end of a run against its middle: the first half is for warming up (code is compiled, caches are filled,
 * malloc has seen the worst burst). From there on the same load, lap after lap, must not take more and more. Both ends are
 * moments of rest, so that what is compared is what is kept, not what is under way.
 */
export function memoryAndDescriptorsStayFlat(what: string, { rests, samples }: Sampler): Outcome {
  const findings = createFindings();
  const sentence = `memory and descriptors of ${what} stay flat`;
  const [first, middle, last] = [rests[0], rests[Math.floor((rests.length - 1) / 2)], rests.at(-1)];
  if (rests.length < 3 || !first || !middle || !last)
    return { ...findings.outcome(sentence, {}), skipped: 'the run was too short: it has no settled half' };
  const grown = (of: (sample: Sample) => number) => of(last) - of(middle);
  const [rss, heap] = [grown((sample) => sample.rss), grown((sample) => sample.heap)];
  if (rss > flat.rss)
    findings.violate(`in the second half ${mega(rss)} MB more became resident; ${mega(flat.rss)} are borne`);
  if (heap > flat.heap)
    findings.violate(`in the second half the heap grew by ${mega(heap)} MB; ${mega(flat.heap)} are borne`);
  if (last.descriptors > first.descriptors)
    findings.violate(`${last.descriptors} descriptors are open in the end, ${first.descriptors} at the start`);
  return findings.outcome(sentence, { samples: samples.length, 'moments of rest': rests.length });
}

/** The moments of rest at the start, at the quarters, and at the end, and the most that was seen before each of them. */
export function memoryTable(what: string, { rests, samples }: Sampler): string {
  const quarters = ['start', '1/4', '1/2', '3/4', 'end'];
  const chosen = quarters.map((_, index) => Math.round(((rests.length - 1) * index) / 4));
  const rows = chosen.map((at, index) => {
    const rest = rests[at];
    const from = index === 0 ? undefined : rests[chosen[index - 1]!];
    if (!rest) return '';
    const between = samples.filter((sample) => sample.at <= rest.at && sample.at > (from?.at ?? -1));
    const most = (of: (sample: Sample) => number) => Math.max(of(rest), ...between.map(of));
    const figures = [
      (rest.at / 60_000).toFixed(1),
      ...[mega(rest.rss), mega(most(({ rss }) => rss)), mega(rest.heap), mega(most(({ heap }) => heap))],
      ...[rest.descriptors, most(({ descriptors }) => descriptors)],
    ];
    return `| ${quarters[index]} | ${figures.join(' | ')} |`;
  });
  return [
    `| ${what} | minute | RSS MB | most | heap MB | most | descriptors | most |`,
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(0);

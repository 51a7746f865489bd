import { distance } from 'fastest-levenshtein';

/** No word that is known is longer; what is may be long enough to keep the comparison busy. */
const longest = 200;

/** The known word that `word` is most likely a misspelling of; undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word === '' || word.length > longest) return undefined;
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of known) {
    const away = distance(word.toLowerCase(), candidate.toLowerCase());
    if (away < bestDistance) [best, bestDistance] = [candidate, away];
  }
  return best;
}

/** Among more than these each one is compared no more: thousands of devices may each name somebody who is not there. */
const many = 2000;

/** The number that `number` is most likely a misspelling of. Among many only one that differs in one character is found. */
export function nearestNumber(number: string, known: ReadonlyMap<string, unknown>): string | undefined {
  if (known.size <= many) return nearest(number, known.keys());
  return number.length > longest ? undefined : oneAway(number).find((candidate) => known.has(candidate));
}

/** A digit another, two digits exchanged, one missing, one too many. */
function oneAway(number: string): string[] {
  const digits = [...'0123456789'];
  const parts = Array.from({ length: number.length + 1 }, (_, at) => [number.slice(0, at), number.slice(at)] as const);
  return [
    ...parts.flatMap(([head, tail]) => (tail === '' ? [] : digits.map((digit) => head + digit + tail.slice(1)))),
    ...parts.flatMap(([head, tail]) => (tail.length < 2 ? [] : [`${head}${tail[1]}${tail[0]}${tail.slice(2)}`])),
    ...parts.flatMap(([head, tail]) => (tail === '' ? [] : [head + tail.slice(1)])),
    ...parts.flatMap(([head, tail]) => digits.map((digit) => head + digit + tail)),
  ];
}

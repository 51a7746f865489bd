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

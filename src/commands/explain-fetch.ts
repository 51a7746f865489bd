import { type Finding, lineOf, plain } from '../findings/finding.ts';
import type { Fold } from '../findings/fold.ts';
import type { FetchFact } from '../model/fact.ts';
import type { FetchFormat } from '../state/fetch-log.ts';

/**
 * The line of a fetch with what it shows to be wrong: on lines of their own below it, the first time in full; in JSON as a
 * further property, `findings`. Ends with a line break.
 */
export function createExplaining(
  fold: Pick<Fold, 'explain'>,
  format: FetchFormat,
): (fact: FetchFact, line: string) => string {
  const said = new Set<string>();
  const below = (found: Finding): string => {
    const { id, device, address, fix } = found;
    const key = `${id} ${device ?? address} ${fix}`;
    const before = said.has(key);
    if (said.size < 10_000) said.add(key);
    return before ? `  ^ ${id}, as above` : `  ^ ${lineOf(found)}`;
  };
  return (fact, line) => {
    const found = fold.explain(fact);
    if (format === 'text') return [line, ...found.map(below)].map((one) => `${one}\n`).join('');
    const findings = found.map(({ id, severity, seen, fix, count }) => ({ id, severity, seen, fix, count }));
    return found.length === 0 ? `${line}\n` : `${line.slice(0, -1)},"findings":${plain(JSON.stringify(findings))}}\n`;
  };
}

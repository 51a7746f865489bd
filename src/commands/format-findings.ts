import { type Finding, needsPerson, plain } from '../findings/finding.ts';
import { type Severity, severities } from '../findings/kinds.ts';
import { formatMac } from '../model/mac.ts';

export const findingsFormats = ['text', 'json'] as const;
export type FindingsFormat = (typeof findingsFormats)[number];

/** Of each kind: the whole is to fit a screen. */
const mostListed = 10;

/** Findings in their order, and how many need a person; ends with a line break. What came from the network steers no terminal. */
export function formatFindings(findings: readonly Finding[], format: FindingsFormat): string {
  const counts = Object.fromEntries(
    severities.map((one) => [one, findings.filter(({ severity }) => severity === one).length]),
  ) as Record<Severity, number>;
  if (format === 'json') return `${plain(JSON.stringify({ counts, findings }))}\n`;
  const kinds = [...Map.groupBy(findings, ({ id, severity }) => `${severity} ${id}`).values()];
  return `${[...kinds.map(kindText), summary(findings)].join('\n')}\n`;
}

/** What it means is said once, and below it each; what to do once, too, where it is the same for all. */
function kindText(found: readonly Finding[]): string {
  const { id, severity, means } = found[0]!;
  const more = found.length - mostListed;
  const sameFix = found.every(({ fix }) => fix === found[0]?.fix);
  const lines = found.slice(0, mostListed).flatMap(({ device, address, seen, fix, count, at }) => {
    const who = [device && formatMac(device), address].filter((part) => part !== undefined).join(' at ');
    const often = count > 1 ? `, ${count} times` : '';
    const when = at === undefined ? '' : `, last ${new Date(at).toISOString()}`;
    return [`  ${who && `${who}: `}${seen}${often}${when}`, ...(sameFix ? [] : [`    -> ${fix}`])];
  });
  const rest = more > 0 ? [`  and ${more} more: offhook doctor --format json`] : [];
  const fix = sameFix ? [`  -> ${found[0]!.fix}`] : [];
  return [`${severity} ${id}: ${means}`, ...lines, ...rest, ...fix].map((line) => `${plain(line)}\n`).join('');
}

function summary(findings: readonly Finding[]): string {
  const needing = findings.filter(needsPerson).length;
  const notes = findings.length - needing;
  const some = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  if (needing > 0) return `${some(needing, 'finding')} for a person, ${some(notes, 'note')}`;
  return notes === 0 ? 'nothing was found' : `nothing for a person, ${some(notes, 'note')}`;
}

/** Text of a file before and after a build; undefined where it was not, or is no more. */
export interface TextChange {
  readonly before?: string;
  readonly after?: string;
}

/** Whether a line that came, went or changed matches one of the patterns. */
export function needsReboot(patterns: readonly RegExp[], changes: Iterable<TextChange>): boolean {
  if (patterns.length === 0) return false;
  for (const change of changes) {
    for (const line of changedLines(change)) if (patterns.some((pattern) => line.search(pattern) >= 0)) return true;
  }
  return false;
}

/** The lines that only one of the two texts has, or has more often. Their order does not count: phones do not mind it. */
export function changedLines({ before = '', after = '' }: TextChange): string[] {
  if (before === after) return [];
  const surplus = new Map<string, number>();
  for (const line of linesOf(after)) surplus.set(line, (surplus.get(line) ?? 0) + 1);
  for (const line of linesOf(before)) surplus.set(line, (surplus.get(line) ?? 0) - 1);
  return [...surplus].filter(([, count]) => count !== 0).map(([line]) => line);
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');

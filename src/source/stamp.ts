import { statSync } from 'node:fs';

/** Far more than the grain of any file system's clock, and than two clocks of one network differ by. */
const settledMs = 2000;

/**
 * What the system says of a file: as long as it says the same, nobody has written to it. Undefined when it cannot tell,
 * since the file has changed just now, and a second change might have the same time as the first (as git has it of its
 * index: "racy").
 */
export function stampOf(path: string, now = Date.now()): string | undefined {
  const stat = attemptStat(path);
  if (!stat || now - Math.max(stat.mtimeMs, stat.ctimeMs) < settledMs) return undefined;
  // The time of change cannot be set by whoever copies or checks out a file with old times.
  return [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ');
}

function attemptStat(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

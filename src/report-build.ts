import type { BuildResult } from './build.ts';
import type { Log } from './log.ts';
import { formatPlace, isFatal, type Problem } from './problem.ts';

/** Says what a build came to; the same faults are said once, not with every event that leads to another build. */
export function createReport(log: Log): (result: BuildResult) => void {
  let said = '';
  return (result) => {
    const lines = result.problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);
    if (lines.join('\n') !== said) for (const [index, line] of lines.entries()) say(log, result.problems[index], line);
    if (!result.accepted && lines.join('\n') !== said)
      log.error('build rejected; phones keep the last good files', { faults: lines.length });
    said = lines.join('\n');
    if (!result.accepted) return;
    const { changed, removed, touched, site } = result;
    log.info('build accepted', { devices: site.devices.length, changed, removed, touched: touched.length });
  };
}

function say(log: Log, problem: Problem | undefined, line: string): void {
  if (problem && !isFatal(problem)) log.warn(line);
  else log.error(line);
}

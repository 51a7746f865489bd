import type { BuildResult } from './build.ts';
import type { Log } from './log.ts';
import type { BuildFact } from './model/fact.ts';
import { formatPlace, isFatal, type Problem } from './problem.ts';

export interface ReportOptions {
  readonly log: Log;
  /** Told of each build, whatever it came to. */
  readonly record: (fact: BuildFact) => void;
  /** How many there are in out/. */
  readonly files: () => number;
}

/**
 * Says what a build came to that began at a moment (milliseconds since 1970); the same faults are said once, not with
 * every event that leads to another build.
 */
export function createReport({ log, record, files }: ReportOptions): (result: BuildResult, at: number) => void {
  let said = '';

  function tell(result: BuildResult): void {
    const lines = result.problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);
    if (lines.join('\n') !== said) for (const [index, line] of lines.entries()) say(log, result.problems[index], line);
    if (!result.accepted && lines.join('\n') !== said)
      log.error('build rejected; phones keep the last good files', { faults: lines.length });
    said = lines.join('\n');
    if (!result.accepted) return;
    const { changed, removed, touched, site } = result;
    log.info('build accepted', { devices: site.devices.length, changed, removed, touched: touched.length });
  }

  return (result, at) => {
    const { accepted, problems } = result;
    const { site, changed = 0, removed = 0 } = accepted ? result : {};
    const devices = site?.devices.length ?? 0;
    const duration = Date.now() - at;
    record({ at, accepted, devices, files: files(), changed, removed, problems: problems.length, duration });
    tell(result);
  };
}

function say(log: Log, problem: Problem | undefined, line: string): void {
  if (problem && !isFatal(problem)) log.warn(line);
  else log.error(line);
}

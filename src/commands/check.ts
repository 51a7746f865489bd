import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLoader, type Loaded } from '../load.ts';
import { plainPasswords, weakPasswords } from '../model/password-care.ts';
import { plainParameterProblems, plainParametersOf } from '../model/plain-parameters.ts';
import { inReadingOrder, isFatal, type Problem } from '../problem.ts';
import { createRenderProblems } from '../render/render-problems.ts';
import { trackedFiles } from '../source/git.ts';
import { painted } from './colors.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems, type ProblemFormat } from './format-problems.ts';
import { demandProject } from './place.ts';

export interface CheckArguments extends Pick<Place, 'dir' | 'shipped' | 'ageIdentity'> {
  readonly format: ProblemFormat;
  readonly withoutSecrets: boolean;
}

/** Every fault of the project at once; templates are rendered in memory for every device. 0 without faults, else 1. */
export async function check(
  { dir, shipped, ageIdentity, format, withoutSecrets }: CheckArguments,
  console: Console,
): Promise<number> {
  demandProject({ dir }, { withFile: true });
  const loader = createLoader({ dir, shipped, ageIdentity, secrets: { placeholders: withoutSecrets } });
  const loaded = await loader.load();
  const problems = inReadingOrder([
    ...loaded.problems,
    ...(await renderFaults(loaded)),
    ...(await passwordWarnings(dir, loaded)),
  ]);
  const text = formatProblems(problems, format);
  console.out(format === 'text' ? painted(text, 'problems', console.isColored) : text);
  console.err(`${countDevices(loaded.sources)}: ${countProblems(problems)}\n`);
  return problems.some(isFatal) ? 1 : 0;
}

/** Nothing that a build would say each time. */
async function passwordWarnings(dir: string, { site, sources }: Loaded): Promise<Problem[]> {
  const tracked = await trackedFiles(dir);
  return [...plainPasswords(sources, (path) => tracked.has(path)), ...weakPasswords(site, sources)];
}

/** Faulty ones, too. */
function countDevices({ files }: Loaded['sources']): string {
  const count = files.reduce((sum, { content }) => sum + (content.devices?.length ?? 0), 0);
  return `${count} ${count === 1 ? 'device' : 'devices'}`;
}

/** What only shows when a device is rendered. Devices that have faults of their own are not in the site. */
async function renderFaults({ rendering, site, sources }: Loaded): Promise<Problem[]> {
  if (rendering.problems.length > 0) return [];
  const problems = createRenderProblems();
  const inPlain = new Set<string>();
  problems.add(rendering.shared().problems);
  for (const [index, device] of site.devices.entries()) {
    const { files, problems: found } = rendering.device(device);
    problems.add(found);
    for (const name of plainParametersOf(device, files)) inPlain.add(name);
    if (index % 1000 === 999) await nextTurn();
  }
  return [...problems.all(), ...plainParameterProblems(inPlain, sources)];
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLoader, type Loaded } from '../load.ts';
import { inReadingOrder, isFatal, type Problem } from '../problem.ts';
import { createRenderProblems } from '../render/render-problems.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems, type ProblemFormat } from './format-problems.ts';

export interface CheckArguments extends Place {
  readonly format: ProblemFormat;
  readonly withoutSecrets: boolean;
}

/** Every fault of the project at once; templates are rendered in memory for every device. 0 without faults, else 1. */
export async function check(
  { dir, shipped, format, withoutSecrets }: CheckArguments,
  console: Console,
): Promise<number> {
  const loader = createLoader({ dir, shipped, secrets: { placeholders: withoutSecrets } });
  const loaded = await loader.load();
  const problems = inReadingOrder([...loaded.problems, ...(await renderFaults(loaded))]);
  console.out(formatProblems(problems, format));
  console.err(`${loaded.site.devices.length} devices: ${countProblems(problems)}\n`);
  return problems.some(isFatal) ? 1 : 0;
}

/** What only shows when a device is rendered. Devices that have faults of their own are not in the site. */
async function renderFaults({ rendering, site }: Loaded): Promise<Problem[]> {
  if (rendering.problems.length > 0) return [];
  const problems = createRenderProblems();
  problems.add(rendering.shared().problems);
  for (const [index, device] of site.devices.entries()) {
    problems.add(rendering.device(device).problems);
    if (index % 1000 === 999) await nextTurn();
  }
  return problems.all();
}

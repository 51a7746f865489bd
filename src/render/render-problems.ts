import type { Audience } from '../model/file.ts';
import { formatPlace, type Problem } from '../problem.ts';
import type { TemplateFault } from './failure.ts';

/** A fault of a template, and for whom it was being rendered. */
export interface RenderProblem extends Problem {
  readonly whose?: string;
}

export function templateProblem(
  { template, line, column, message }: TemplateFault,
  audience?: Audience,
): RenderProblem {
  const whose = audience && nameOf(audience);
  return { file: template, line, column, code: 'template', severity: 'error', message, whose };
}

/** A MAC, `vendor/model` or `vendor`. */
export const nameOf = (audience: Audience): string =>
  'mac' in audience ? audience.mac : [audience.vendor, audience.model].filter(Boolean).join('/');

/** Gathers problems of many renderings: one fault of a template is said once, with the first that it struck and how many. */
export function createRenderProblems() {
  const found = new Map<string, { problem: RenderProblem; count: number }>();
  return {
    add(problems: readonly RenderProblem[]) {
      for (const problem of problems) {
        const key = `${formatPlace(problem)} ${problem.message}`;
        const known = found.get(key);
        if (known) known.count++;
        else found.set(key, { problem, count: 1 });
      }
    },
    all: (): Problem[] => [...found.values()].map(({ problem, count }) => summed(problem, count)),
  };
}

function summed({ whose, ...problem }: RenderProblem, count: number): Problem {
  if (whose === undefined) return problem;
  const others = count > 1 ? ` and ${count - 1} more` : '';
  return { ...problem, message: `${problem.message} (for ${whose}${others})` };
}

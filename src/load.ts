import { createCheck } from './model/check.ts';
import { createResolver } from './model/resolve.ts';
import type { Site } from './model/site.ts';
import type { Sources } from './model/sources.ts';
import { inReadingOrder, type Problem } from './problem.ts';
import { createRenderer, type Rendering } from './render/render.ts';
import { createProjectReader, type ProjectOptions } from './source/project.ts';

/** A project from its files up to the point where it can be rendered. */
export interface Loaded {
  readonly sources: Sources;
  readonly site: Site;
  readonly rendering: Rendering;
  /** Everything found so far, in reading order; with a fatal one, `site` holds only what could be made out. */
  readonly problems: readonly Problem[];
}

export interface Loader {
  /** Loads the project again; what has not changed is the same object as the last time. */
  load(): Promise<Loaded>;
  /** Files and folders that the last load depended on. */
  watched(): readonly string[];
}

/** Read, check, resolve: everything of the pipeline that looks at the project and at nothing else. */
export function createLoader(options: ProjectOptions): Loader {
  const project = createProjectReader(options);
  const check = createCheck();
  const resolve = createResolver();
  const compile = createRenderer();
  return {
    async load() {
      const sources = await project.read();
      const { site, problems } = resolve(sources);
      const rendering = compile(site);
      const all = [...sources.problems, ...check(sources), ...withoutEchoes(sources, problems), ...rendering.problems];
      return { sources, site, rendering, problems: inReadingOrder(all) };
    },
    watched: project.watched,
  };
}

/**
 * When a file cannot be read at all, everything that refers to it looks unknown: that says nothing. When an entry is
 * faulty, what hangs on it is not reported a second time.
 */
function withoutEchoes({ problems: found }: Sources, problems: readonly Problem[]): readonly Problem[] {
  const codes = new Set(found.map(({ code }) => code));
  if (['yaml', 'unreadable-file', 'include'].some((code) => codes.has(code as Problem['code']))) return [];
  const echoes = new Set<Problem['code']>([
    ...(codes.has('schema') ? (['missing-password', 'missing-sip-server'] as const) : []),
    ...(codes.has('vendor') ? (['unknown-vendor', 'unknown-model'] as const) : []),
  ]);
  return problems.filter(({ code }) => !echoes.has(code));
}

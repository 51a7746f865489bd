import { createCheck } from './model/check.ts';
import { createResolver } from './model/resolve.ts';
import type { Site } from './model/site.ts';
import type { Sources } from './model/sources.ts';
import { formatPlace, inReadingOrder, type Problem, unquoted } from './problem.ts';
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
      const all = [...sources.problems, ...check(sources), ...problems, ...rendering.problems];
      return { sources, site, rendering, problems: inReadingOrder(distinct(masked(all, sources))) };
    },
    watched: project.watched,
  };
}

/** What a message quotes from an encrypted file is nobody’s to see. */
function masked(problems: readonly Problem[], { files, people = [] }: Sources): readonly Problem[] {
  const all = [...files, ...people.map(({ file }) => file)];
  const sealed = new Set(all.filter(({ isSealed }) => isSealed).map(({ path }) => path));
  if (sealed.size === 0) return problems;
  return problems.map((one) => (sealed.has(one.file) ? { ...one, message: unquoted(one.message) } : one));
}

/** A fault of a layer is found with each device that is on it, and by itself. */
const distinct = (problems: readonly Problem[]): Iterable<Problem> =>
  new Map(problems.map((problem) => [`${formatPlace(problem)} ${problem.message}`, problem])).values();

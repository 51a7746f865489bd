import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { createLoader } from '../src/load.ts';
import { Secret } from '../src/model/secret.ts';
import type { Site } from '../src/model/site.ts';
import { filters } from '../src/render/filters.ts';
import { type Job, planDevice, planShared } from '../src/render/plan.ts';
import type { ProjectOptions } from '../src/source/project.ts';
import { type Cost, createStopwatch } from './meter.ts';

// What nobody can do without: the same templates rendered, and the same bytes written, each by the plainest loop there is.

/** Jobs that are made ready, not counted, before each stretch of counted work. */
const stretch = 500;

export interface Floor {
  readonly cost: Cost;
  readonly files: number;
  readonly bytes: number;
}

/** Renders every template of a site to bytes with plain nunjucks: no escaping, no errors with places, no secrets noted. */
export async function renderFloor(project: ProjectOptions): Promise<Floor> {
  const { site } = await createLoader(project).load();
  const stopwatch = createStopwatch();
  const environment = stopwatch.time(() => plainEnvironment(site.templates));
  let files = 0;
  let bytes = 0;
  const render = (jobs: readonly Job[]) => {
    const ready = jobs.map((job) => ({ template: job.template, context: withPlainSecrets(job.context) }));
    files += jobs.reduce((sum, { paths }) => sum + paths.length, 0);
    stopwatch.time(() => {
      for (const { template, context } of ready)
        bytes += Buffer.from(environment.render(template, context), 'utf8').length;
    });
  };
  render(planShared(site));
  for (let from = 0; from < site.devices.length; from += stretch)
    render(site.devices.slice(from, from + stretch).flatMap((device) => planDevice(site, device)));
  return { cost: stopwatch.total, files, bytes };
}

function plainEnvironment(templates: Site['templates']): nunjucks.Environment {
  const loader: nunjucks.ILoader = {
    getSource: (path) => ({ src: templates.get(path) ?? '', path, noCache: false }),
  };
  const environment = new nunjucks.Environment(loader, { autoescape: false, trimBlocks: true, lstripBlocks: true });
  for (const [name, filter] of Object.entries(filters)) environment.addFilter(name, filter);
  return environment;
}

/** Plain nunjucks would print a `Secret` as dots. */
function withPlainSecrets(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (inner instanceof Secret) return [name, Secret.reveal(inner)];
      if (name === 'lines') return [name, Array.isArray(inner) ? inner.map(withPlainSecrets) : inner];
      return [name, name === 'settings' ? withPlainSecrets(Object(inner)) : inner];
    }),
  );
}

/** Writes the files of a folder into another, which is empty. */
export function writeFloor(from: string, to: string): Floor {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from);
  const stopwatch = createStopwatch();
  let bytes = 0;
  for (let first = 0; first < names.length; first += stretch) {
    const files = names
      .slice(first, first + stretch)
      .map((name) => ({ path: join(to, name), content: readFileSync(join(from, name)) }));
    bytes += files.reduce((sum, { content }) => sum + content.length, 0);
    stopwatch.time(() => {
      for (const { path, content } of files) writeFileSync(path, content);
    });
  }
  return { cost: stopwatch.total, files: names.length, bytes };
}

import { hash } from 'node:crypto';
import type { Device } from '../model/device.ts';
import type { File } from '../model/file.ts';
import { sameItems } from '../model/same-items.ts';
import type { Site } from '../model/site.ts';
import type { Problem } from '../problem.ts';
import { compileTemplates, type Engine } from './engine.ts';
import { TemplateFailure } from './failure.ts';
import { type Job, planBootstrap, planDevice, planShared } from './plan.ts';
import { phonebooksOf } from './plan-phonebook.ts';
import { nameOf, templateProblem } from './render-problems.ts';

/** A site with its templates compiled. */
export interface Rendering {
  readonly site: Site;
  /** Templates that cannot be read. */
  readonly problems: readonly Problem[];
  /** The files that devices share. */
  shared(): Rendered;
  /** The files of one device alone. */
  device(device: Device): RenderedDevice;
}

export interface Rendered {
  readonly files: readonly File[];
  readonly problems: readonly Problem[];
}

export interface RenderedDevice extends Rendered {
  /** What the device gets before it has proved itself; no files of out/. */
  readonly bootstrap: readonly File[];
}

/** Compiles the templates of a site; while its templates are the same map, so is what was compiled. */
export function createRenderer(): (site: Site) => Rendering {
  let last: { templates: Site['templates']; engine: Engine } | undefined;
  const phonebooks = createPhonebookRenderer();
  return (site) => {
    if (last?.templates !== site.templates)
      last = { templates: site.templates, engine: compileTemplates(site.templates) };
    const { engine } = last;
    return {
      site,
      problems: engine.faults().map((fault) => whereItStands(site, templateProblem(fault))),
      shared() {
        const own = run(engine, planShared(site));
        const books = phonebooks(engine, site);
        const files = [...own.files, ...books.files];
        return placed(site, withoutNameTwice({ files, problems: [...own.problems, ...books.problems] }));
      },
      device(device) {
        const own = run(engine, planDevice(site, device));
        const bootstrap = run(engine, planBootstrap(site, device));
        const problems = bootstrap.problems.length > 0 ? [...own.problems, ...bootstrap.problems] : own.problems;
        return { ...placed(site, { files: own.files, problems }), bootstrap: bootstrap.files };
      },
    };
  };
}

/** Renders the phonebooks of a site: of a vendor for whom nothing has changed, it is the one of the last time. */
function createPhonebookRenderer(): (engine: Engine, site: Site) => Rendered {
  let last = new Map<string, { readonly inputs: readonly unknown[]; readonly rendered: Rendered }>();
  return (engine, site) => {
    const next: typeof last = new Map();
    for (const { vendor, inputs: said, plan } of phonebooksOf(site)) {
      const inputs = [engine, ...said];
      const before = last.get(vendor);
      if (before && sameItems(before.inputs, inputs)) next.set(vendor, before);
      else {
        const { jobs, problems } = plan();
        const { files, problems: found } = run(engine, jobs);
        next.set(vendor, { inputs, rendered: { files, problems: [...problems, ...found] } });
      }
    }
    last = next;
    const all = [...next.values()].map(({ rendered }) => rendered);
    return { files: all.flatMap(({ files }) => files), problems: all.flatMap(({ problems }) => problems) };
  };
}

const placed = (site: Site, { files, problems }: Rendered): Rendered => ({
  files,
  problems: problems.map((problem) => whereItStands(site, problem)),
});

/** A template of the user's stands in his folder, and an editor or CI opens it there. */
const whereItStands = ({ templatePaths }: Site, problem: Problem): Problem => ({
  ...problem,
  file: templatePaths?.get(problem.file) ?? problem.file,
});

function run(engine: Engine, jobs: readonly Job[]): Rendered {
  const problems: Problem[] = [];
  const files = jobs.flatMap((job) => {
    try {
      return renderJob(engine, job);
    } catch (error) {
      if (!(error instanceof TemplateFailure)) throw error;
      problems.push(templateProblem(error, job.audience));
      return [];
    }
  });
  return { files, problems };
}

/** Two templates that would write one file; a MAC in the name keeps devices' own files apart. */
function withoutNameTwice({ files, problems }: Rendered): Rendered {
  const seen = new Map<string, File>();
  const twice = files.flatMap((file): Problem[] => {
    const other = seen.get(file.path.toLowerCase());
    seen.set(file.path.toLowerCase(), file);
    if (!other) return [];
    const message = `two templates write ${file.path}: one for ${nameOf(other.audience)}, one for ${nameOf(file.audience)}`;
    return [
      { file: `${nameOf(file.audience).split('/')[0]}/vendor.yml`, code: 'duplicate-file', severity: 'error', message },
    ];
  });
  return { files: [...seen.values()], problems: [...problems, ...twice] };
}

function renderJob(engine: Engine, { paths, template, format, optional, audience, context }: Job): File[] {
  const { bytes, secrets } = engine.render(template, format, context);
  if (optional && bytes.toString().trim() === '') return [];
  const content = { bytes, size: bytes.length, hash: hash('sha256', bytes), audience, secrets };
  return paths.map((path) => ({ path, ...content }));
}

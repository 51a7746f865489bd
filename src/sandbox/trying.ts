import type { Device } from '../model/device.ts';
import { concerns } from '../model/file.ts';
import { nearest } from '../model/nearest.ts';
import type { Site } from '../model/site.ts';
import type { Format } from '../model/vendor.ts';
import { type Job, planDevice, planShared } from '../render/plan.ts';
import { type SandboxAnswer, withoutSecrets } from './messages.ts';
import { createSandbox } from './sandbox.ts';

/** A template to be tried with a device. */
export interface Trial {
  readonly device: Device;
  /** As the templates folder has it: `acme/mac.cfg.njk`. All that make files of the device when it is absent. */
  readonly template?: string;
  /** In place of what stands there. */
  readonly text?: string;
  /** Of a template that no file is made with. */
  readonly format?: Format;
}

/** `unknown`: there is no such template. */
export type Tried =
  | Exclude<SandboxAnswer, { readonly too: unknown }>
  | { readonly failed: 'busy' | 'slow' | 'ended' | 'large' }
  | { readonly unknown: string };

/** What a template makes for a device, if it were another one. */
export interface Trying {
  preview(site: Site, trial: Trial): Promise<Tried>;
  stop(): void;
}

/** The name of a text that has none. */
const nameless = 'preview.njk';

export function createTrying(): Trying {
  const sandbox = createSandbox();
  return {
    async preview(site, trial) {
      const { template = trial.text === undefined ? undefined : nameless, text } = trial;
      if (template !== undefined && text === undefined && !site.templates.has(template))
        return { unknown: unknownWords(template, site) };
      const templates = new Map(site.templates);
      if (template !== undefined && text !== undefined) templates.set(template, text);
      const jobs = jobsFor(site, { ...trial, template }).map((job) => ({
        ...{ paths: job.paths, template: job.template, format: job.format, optional: job.optional },
        context: withoutSecrets(job.context),
      }));
      const asked = await sandbox.ask({ templates, about: template, jobs });
      if ('failed' in asked) return asked;
      return 'too' in asked.answer ? { failed: asked.answer.too } : asked.answer;
    },
    stop: sandbox.stop,
  };
}

/** The files that the template makes; all of the device for one that others include; for a new one a file that it would make. */
function jobsFor(site: Site, { device, template, format }: Trial): readonly Job[] {
  const own = planDevice(site, device);
  const all = [...own, ...planShared(site).filter(({ audience }) => concerns(audience, device))];
  const made = all.filter((job) => job.template === template);
  if (made.length > 0) return made;
  if (template === undefined || site.templates.has(template)) return all;
  const [like] = all;
  return like ? [{ ...like, paths: [template], template, format: format ?? like.format }] : [];
}

function unknownWords(template: string, { templates }: Site): string {
  const guess = nearest(template, new Set(templates.keys()));
  return `there is no template ${JSON.stringify(template)}${guess ? `; did you mean ${JSON.stringify(guess)}?` : ''}`;
}

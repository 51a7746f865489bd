import type { Device } from '../../model/device.ts';
import type { Format } from '../../model/vendor.ts';
import type { App } from '../app.ts';
import { type NotAnswered, notAnswered } from '../awaited.ts';
import { Fault } from '../fault.ts';
import type { FleetDeps } from '../fleet.ts';
import { previewBody, previewSchema } from '../schemas/preview.ts';
import { answers } from '../schemas/shared.ts';
import { demandDevice } from './devices.ts';

interface Wanted {
  readonly template?: string;
  readonly text?: string;
  readonly format?: Format;
}

interface Place {
  readonly template: string;
  readonly line?: number;
  readonly column?: number;
}

export interface PreviewDeps extends Pick<FleetDeps, 'site' | 'device'> {
  /** What a template makes for a device, secrets as dots; it is run where it can do no harm. */
  readonly preview: (
    device: Device,
    wanted: Wanted,
  ) => Promise<
    | {
        readonly files: readonly { readonly name: string; readonly template: string; readonly text: string }[];
        readonly problems: readonly (Place & { readonly message: string })[];
      }
    | { readonly failed: NotAnswered }
    | { readonly unknown: string }
  >;
}

interface Asked {
  Body: Wanted & { readonly device: string };
}

/** `POST /api/v1/preview`: what a template makes, before anybody has it. A template is a program: admins alone. */
export function preview(app: App, deps: PreviewDeps): void {
  app.post<Asked>(
    '/api/v1/preview',
    {
      config: { role: 'admin' },
      schema: {
        summary: 'What a template makes for a device',
        description:
          'A template of the project, or a text in its place: the files that come of it, passwords as dots, and what is wrong with it. It runs in a process of its own, five seconds at most.',
        ...{ tags: ['plan'], body: previewBody },
        response: answers({ 200: previewSchema }, 400, 404, 413, 422, 503),
      },
    },
    async ({ body: { device: mac, ...wanted } }) => {
      const device = demandDevice(mac, deps);
      const made = await deps.preview(device, wanted);
      if ('unknown' in made) throw new Fault(404, 'unknown-template', made.unknown);
      if ('failed' in made) throw notAnswered(made.failed, 'the template');
      return { files: made.files, problems: made.problems.map(problemOf) };
    },
  );
}

const problemOf = ({ template, line, column, message }: Place & { readonly message: string }) => ({
  ...{ template, line: line ?? null, column: column ?? null, message },
});

import { onTestFinished } from 'vitest';
import { type Accepted, createBuild, type Hold } from '../../src/build.ts';
import { createLoader } from '../../src/load.ts';
import { createLog } from '../../src/log.ts';
import type { Mac } from '../../src/model/mac.ts';
import { openOutFolder } from '../../src/output/out-folder.ts';
import { createPins, type Pin } from '../../src/state/pins.ts';
import { openRevisions } from '../../src/state/revisions.ts';
import { openWritten } from '../../src/state/written.ts';
import { type Project, shipped } from './project.ts';

/** A process that builds a project, with everything that it keeps in the state folder. */
export function startBuilding(project: Project, hold?: Hold) {
  const log = createLog(() => {});
  const { state: folder, out } = project;
  const written = openWritten({ folder, out, log });
  const pins = createPins({ folder, log });
  const revisions = openRevisions({ folder, log, isPinned: (mac, revision) => pins.of(mac)?.revision === revision });
  const build = createBuild({
    loader: createLoader({ dir: project.dir, shipped }),
    out: openOutFolder(out, [...written.readWritten().values()], written),
    memory: written,
    earlier: { pins, revisions },
    hold,
  });
  const close = () => {
    for (const one of [revisions, pins, written]) one.close();
  };
  onTestFinished(close);
  return {
    pins,
    revisions,
    /** Builds, which must succeed; gives the devices that were touched. */
    async build(): Promise<Accepted & { readonly macs: readonly Mac[] }> {
      const result = await build();
      if (!result.accepted) throw new Error(result.problems.map(({ message }) => message).join('\n'));
      return { ...result, macs: result.touched.map(({ device }) => device.mac) };
    },
    pin(device: string, revision: string, more: Partial<Pin> = {}) {
      pins.pin([{ device: device as Mac, revision, at: Date.now(), cause: 'person', ...more }]);
    },
  };
}

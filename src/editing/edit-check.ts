import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLoader } from '../load.ts';
import type { Device } from '../model/device.ts';
import type { Sources } from '../model/sources.ts';
import { inReadingOrder, isFatal, type Problem } from '../problem.ts';
import { createRenderProblems } from '../render/render-problems.ts';
import type { ProjectOptions } from '../source/project.ts';

/** What `offhook check` finds, for a project in which some files say something else; nothing is written. */
export interface EditCheck {
  /** The project as it stands. */
  read(): Promise<Sources>;
  /** Every fault that a build with these texts, by their path, would have; people, secrets and templates counted. */
  faults(texts: ReadonlyMap<string, string>): Promise<readonly Problem[]>;
}

/** Devices that were rendered without a fault are not rendered again while nothing of them changes. One call at a time. */
export function createEditCheck(project: ProjectOptions): EditCheck {
  const said = new Map<string, string>();
  const loader = createLoader({ ...project, texts: said });
  let known: { readonly templates: unknown; readonly sound: WeakSet<Device> } | undefined;

  async function render(loaded: Awaited<ReturnType<typeof loader.load>>): Promise<readonly Problem[]> {
    const { site, rendering } = loaded;
    const problems = createRenderProblems();
    if (known?.templates !== site.templates) known = { templates: site.templates, sound: new WeakSet() };
    const { sound } = known;
    problems.add(rendering.shared().problems);
    for (const [index, device] of site.devices.entries()) {
      if (index % 500 === 499) await nextTurn();
      if (sound.has(device)) continue;
      const found = rendering.device(device).problems;
      problems.add(found);
      if (found.length === 0) sound.add(device);
    }
    return problems.all();
  }

  return {
    read: async () => (await loader.load()).sources,
    async faults(texts) {
      for (const [path, text] of texts) said.set(path, text);
      try {
        const loaded = await loader.load();
        const own = loaded.problems.filter(isFatal);
        return own.length > 0 ? own : inReadingOrder((await render(loaded)).filter(isFatal));
      } finally {
        said.clear();
      }
    },
  };
}

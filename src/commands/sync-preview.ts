import { createLoader } from '../load.ts';
import { formatMac } from '../model/mac.ts';
import { beforeInProject, preview } from '../preview.ts';
import { formatPlace, isFatal, type Problem } from '../problem.ts';
import type { Synced } from '../sync-directory.ts';
import type { Place } from './command.ts';
import type { DevicesChange } from './format-sync.ts';

/** What a build would change if the files of people said what the directories say: beside what the project says now. */
export async function wouldChange(
  { dir, shipped, ageIdentity }: Pick<Place, 'dir' | 'shipped'> & { readonly ageIdentity?: string },
  done: readonly Synced[],
): Promise<DevicesChange> {
  const texts = new Map(done.flatMap(({ into, text }) => (text === undefined ? [] : [[into, text]])));
  const after = await createLoader({ dir, shipped, ageIdentity, texts }).load();
  if (after.problems.some(isFatal)) return faulty(after.problems);
  if (texts.size === 0) return { devices: [], total: after.site.devices.length, faults: [] };
  const before = await beforeInProject(await createLoader({ dir, shipped, ageIdentity }).load());
  const { devices, total, problems } = await preview(after, before);
  if (problems.some(isFatal)) return faulty(problems);
  return {
    devices: devices.map(({ device, reboot }) => ({ title: titleOf(device), effect: effectOf(reboot) })),
    total,
    faults: [],
  };
}

const effectOf = (reboot: boolean) => (reboot ? 'reboot' : 'resync');

const titleOf = ({ mac, vendor, model, lines }: Parameters<typeof preview>[0]['site']['devices'][number]): string =>
  [formatMac(mac), `${vendor}/${model}`, ...lines.map(({ extension, name }) => `${extension} ${name}`)].join(' ');

const faulty = (problems: readonly Problem[]): DevicesChange => ({
  devices: [],
  total: 0,
  faults: problems.filter(isFatal).map((problem) => `${formatPlace(problem)} ${problem.message}`),
});

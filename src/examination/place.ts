import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { roomIn, whyNotWritable } from '../doctor/folders.ts';
import { type Finding, finding } from '../findings/finding.ts';
import type { Loaded } from '../load.ts';
import { beforeInFolder, preview } from '../preview.ts';
import { formatPlace, isFatal, type Problem } from '../problem.ts';
import { readPins } from '../state/pins.ts';
import { readWritten } from '../state/written.ts';

/** What the project says of itself: every fault, and what keeps HTTPS from going on. */
export const projectFindings = ({ problems }: Pick<Loaded, 'problems'>): Finding[] => problems.map(projectFinding);

function projectFinding(problem: Problem): Finding {
  const seen = `${formatPlace(problem)} ${problem.message}`;
  const fix = 'mend it; `offhook check` shows all';
  if (isFatal(problem)) return finding({ id: 'project', severity: 'error', seen, fix });
  // A certificate that runs out is nobody's matter of taste.
  if (problem.code === 'https') return finding({ id: 'certificate', severity: 'warning', seen, fix });
  return finding({ id: 'project', severity: 'note', seen, fix });
}

export interface Folders {
  readonly out: string;
  readonly state: string;
}

const shown = 3;

/** Whether out/ is what the project renders now. */
export async function outFindings(loaded: Loaded, { out, state }: Folders, isRunning: boolean): Promise<Finding[]> {
  if (loaded.problems.some(isFatal)) return [];
  const { files, close, device } = readWritten({ folder: state, out });
  try {
    const pins = readPins({ folder: state });
    const all = (await preview(loaded, { ...beforeInFolder(out, files), device })).changes;
    // Who keeps an earlier revision is meant to, and `offhook status` says so.
    const changes = all.filter(({ audience }) => !('mac' in audience && pins.has(audience.mac)));
    if (changes.length === 0) return [];
    const names = changes.slice(0, shown).map(({ path, kind }) => `${path} (${kind})`);
    const more = changes.length > shown ? ` and ${changes.length - shown} more` : '';
    const fix = isRunning
      ? 'look why the daemon did not build it (its log), or who wrote into out/'
      : '`offhook plan` shows it, `offhook build` writes it';
    const seen = `${out} would change: ${names.join(', ')}${more}`;
    return [finding({ id: 'out-differs', severity: 'warning', seen, fix, count: changes.length })];
  } finally {
    close();
  }
}

/** Less is soon used up: bytes, and the share of the disk. */
const least = { bytes: 100 * 1024 * 1024, share: 0.02 };

/** Whether the folders that are written to can be. */
export function folderFindings({ out, state }: Folders): Finding[] {
  const unwritable = [state, out].flatMap((folder) => {
    const why = whyNotWritable(existsSync(folder) ? folder : dirname(folder));
    if (why === undefined) return [];
    const id = folder === state ? 'state-folder' : 'disk';
    const fix = 'give the user of the daemon a folder that he may write (--state DIR, --out DIR)';
    return [finding({ id, severity: 'error', seen: `${folder} cannot be written: ${why}`, fix })];
  });
  const full = [...new Set([state, out])].flatMap((folder) => {
    const room = roomIn(existsSync(folder) ? folder : dirname(folder));
    if (!room || (room.bytes >= least.bytes && room.share >= least.share)) return [];
    const seen = `${folder} has ${Math.floor(room.bytes / 1024 / 1024)} MiB left, ${Math.floor(room.share * 100)} % of its disk`;
    return [finding({ id: 'disk', severity: 'warning', seen, fix: 'make room, or give it another disk' })];
  });
  return [...unwritable, ...full.slice(0, 1)];
}

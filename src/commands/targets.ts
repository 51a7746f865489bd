import type { Device } from '../model/device.ts';
import { parseMac } from '../model/mac.ts';
import { nearest } from '../model/nearest.ts';
import type { Site } from '../model/site.ts';

/**
 * The devices that a word of the command line means: a MAC in any spelling, an extension, or a group.
 * @throws Error with a sentence when it means none
 */
export function devicesOf(site: Site, word: string): readonly Device[] {
  const { devices } = site;
  const found = meant(site, word);
  if (found.length > 0) return found;
  const known = new Set(
    devices.flatMap(({ mac, group = [], lines }) => [mac, group, lines.map(({ extension }) => extension)].flat()),
  );
  const guess = nearest(word, known);
  throw new Error(
    `"${word}" is no device: wanted a MAC, an extension or a group${guess ? ` (did you mean "${guess}"?)` : ''}`,
  );
}

/** Whether a word means any device. */
export const isDevice = (site: Site, word: string): boolean => meant(site, word).length > 0;

function meant({ devices }: Site, word: string): readonly Device[] {
  const mac = parseMac(word);
  return devices.filter(
    (device) => device.mac === mac || device.group === word || device.lines.some(({ extension }) => extension === word),
  );
}

import type { SourceFile } from '../model/sources.ts';

/** Words of a device by which it is like others. */
export interface Likeness {
  readonly vendor?: unknown;
  readonly model?: unknown;
}

/** The file in which most devices of a model stand, else of its vendor, else most devices; the first one, if none has any. */
export function whereNew(files: readonly SourceFile[], { vendor, model }: Likeness): string | undefined {
  const counts = files.map(({ path, content, isSealed }) => {
    const devices = isSealed ? [] : (content.devices ?? []).filter((device) => device !== undefined);
    const ofVendor = devices.filter((device) => device.vendor === vendor);
    const ofModel = ofVendor.filter((device) => device.model === model);
    return { path, rank: [ofModel.length, ofVendor.length, devices.length] as const };
  });
  const [best] = counts.toSorted((a, b) => compare(b.rank, a.rank));
  return best?.path;
}

const compare = (one: readonly number[], other: readonly number[]): number =>
  one.map((count, index) => count - (other[index] ?? 0)).find((difference) => difference !== 0) ?? 0;

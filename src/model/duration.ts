const lengths: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `10m`, `2h` or `1d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (lengths[unit] ?? 0);
}

const scale: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
];

/** `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`: of milliseconds; never less than none. */
export function ago(milliseconds: number): string {
  const [unit, ms] = scale.find(([, length]) => milliseconds >= 2 * length) ?? ['s', 1000];
  return `${Math.max(0, Math.round(milliseconds / ms))} ${unit} ago`;
}

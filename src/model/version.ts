/** Whether one version is older than another: by its numbers, then what stands behind them (`7.4.8`, `7.4.8a`, `7.5`). */
export function isOlder(one: string, other: string): boolean {
  const [ours, theirs] = [partsOf(one), partsOf(other)];
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const [a, b] = [ours[index] ?? nothing, theirs[index] ?? nothing];
    if (a.number !== b.number) return a.number < b.number;
    if (a.rest !== b.rest) return a.rest < b.rest;
  }
  return false;
}

const nothing = { number: 0, rest: '' };

const partsOf = (version: string) =>
  version.split(/[.-]/).map((part) => {
    const [, digits = '', rest = ''] = /^(\d{0,15})(.*)$/s.exec(part) ?? [];
    return { number: Number(digits), rest };
  });

/**
 * Counts keys over lists that stay the same objects for as long as they say the same: a round costs the lists that came
 * or went. The answer is whether some key stands twice.
 */
export function createTally<List extends object>(
  keysOf: (list: List) => Iterable<string>,
): (lists: readonly List[]) => boolean {
  const counts = new Map<string, number>();
  const twice = new Set<string>();
  let last: ReadonlySet<List> = new Set();

  function count(list: List, step: 1 | -1): void {
    for (const key of keysOf(list)) {
      const times = (counts.get(key) ?? 0) + step;
      if (times === 0) counts.delete(key);
      else counts.set(key, times);
      if (times > 1) twice.add(key);
      else twice.delete(key);
    }
  }

  return (lists) => {
    const next = new Set(lists);
    for (const list of last) if (!next.has(list)) count(list, -1);
    for (const list of next) if (!last.has(list)) count(list, 1);
    last = next;
    return twice.size > 0 || next.size < lists.length;
  };
}

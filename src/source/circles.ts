import type { Path } from '../model/sources.ts';

/** The path to a value that is one of those it stands in, if there is one. Each value is looked at once, however often it is aliased. */
export function circleIn(root: unknown): Path | undefined {
  const seen = new Map<object, 'open' | 'done'>();

  function visit(value: unknown): Path | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const known = seen.get(value);
    if (known) return known === 'open' ? [] : undefined;
    seen.set(value, 'open');
    for (const [step, inner] of Object.entries(value)) {
      const found = visit(inner);
      if (found) return [step, ...found];
    }
    seen.set(value, 'done');
    return undefined;
  }

  return visit(root);
}

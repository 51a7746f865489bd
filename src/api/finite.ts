import type { App } from './app.ts';
import { Fault } from './fault.ts';

/** `1e309` is a number to the checks of schemas, and they ask nothing more of it: neither a maximum nor to be whole. */
export function demandFinite(app: App): void {
  app.addHook('preHandler', async ({ query, params, body }) => {
    const where = pathToEndless(query) ?? pathToEndless(params) ?? pathToEndless(body);
    if (where === undefined) return;
    const details = [{ where, message: 'is too large' }];
    throw new Fault(400, 'validation', `"${where}" is a number that is too large`, { details });
  });
}

/** JSON pointer to a number that is none of this world. No recursion: a body may be nested as deep as it is long. */
function pathToEndless(whole: unknown): string | undefined {
  const left: (readonly [value: unknown, path: string])[] = [[whole, '']];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [value, path] = next;
    if (typeof value === 'number' && !Number.isFinite(value)) return path;
    if (typeof value !== 'object' || value === null || path.length > longest) continue;
    for (const [name, inner] of Object.entries(value)) left.push([inner, `${path}/${name}`]);
  }
  return undefined;
}

/** Nothing that is used stands deeper. */
const longest = 1000;

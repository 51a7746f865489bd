import { formatPlace, otherPlace, type Place, type Problem } from '../problem.ts';
import type { Fault } from './faults.ts';
import { type Layer, originOf } from './layers.ts';

export type Report = ReturnType<typeof createReport>;

/** Gathers problems; a fault of a layer that many devices share is said once. */
export function createReport() {
  const problems = new Map<string, Problem>();
  const at = (place: Place, { code, severity, message }: Fault, related?: Place) =>
    problems.set(`${formatPlace(place)} ${message}`, {
      ...place,
      code,
      severity,
      message,
      ...(related && { related: [related] }),
    });
  const placeOf = (path: Fault['path'], layers: readonly Layer[]): Place => {
    const layer = originOf(layers, path) ?? layers[layers.length - 1];
    return layer?.place(path) ?? { file: 'devices.yml' };
  };
  return {
    at,
    fault(fault: Fault, layers: readonly Layer[]) {
      const related = fault.relatedPath && placeOf(fault.relatedPath, layers);
      const place = placeOf(fault.path, layers);
      const message = related ? `${fault.message} (the other: ${otherPlace(related, place)})` : fault.message;
      at(place, { ...fault, message }, related);
    },
    problems: () => sumUp([...problems.values()]),
  };
}

/** One word is missing for all of them. */
function sumUp(problems: readonly Problem[]): Problem[] {
  const [first, ...more] = problems.filter(({ code }) => code === 'missing-sip-server');
  if (!first || more.length === 0) return [...problems];
  const message = `${first.message} (and ${more.length} more ${more.length === 1 ? 'line' : 'lines'})`;
  return [...problems.filter(({ code }) => code !== first.code), { ...first, message }];
}

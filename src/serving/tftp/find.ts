import type { Admission, Gate } from '../access/admission.ts';
import type { Lookup, Served } from '../served.ts';
import { type Asked, type Denial, isExamination, plainAddress } from './fetch.ts';

export type Found = Served | Denial;

export const isDenial = (found: Found): found is Denial => 'reason' in found;

/** Asks the gate, if there is one, then looks up what it lets through. A guesser waits. Throws, or rejects, what they do. */
export function find(
  { lookup, gate }: { readonly lookup: Lookup; readonly gate?: Gate },
  { peer, request }: Pick<Asked, 'peer' | 'request'>,
): Found | Promise<Found> {
  if (!gate) return lookup(request.path);
  const { path, method } = request;
  const address = plainAddress(peer.address);
  const admission = gate.admit({ protocol: 'tftp', address, path, method, isExamination: isExamination(request) });
  const enter = () => follow(admission, lookup);
  return admission.delay ? later(admission.delay).then(enter) : enter();
}

function follow(admission: Admission, lookup: Lookup): Found | Promise<Found> {
  if (!admission.allow) return admission;
  return admission.bootstrap ?? lookup(admission.path);
}

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

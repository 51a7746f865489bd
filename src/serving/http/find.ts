import { examinationMark } from '../../model/examination.ts';
import type { Admission, Denied, Gate } from '../access/admission.ts';
import type { Answer, Lookup } from '../served.ts';
import type { Asked } from './exchange.ts';

/** What a GET or HEAD of a file comes to, before its conditions are looked at. */
export type Found = Answer | Denied;

export interface FindOptions {
  readonly lookup: Lookup;
  /** Who may fetch what; without one, everybody everything. */
  readonly gate?: Gate;
}

/**
 * Asks the gate, then looks up what it lets through. At once, not by a promise, whenever all is in memory: a promise
 * costs more than the rest. Throws, or rejects, what these two do.
 */
export function createFind({ lookup, gate }: FindOptions): (asked: Asked) => Found | Promise<Found> {
  const enter = (admission: Admission): Found | Promise<Found> => {
    if (!admission.allow) return admission;
    return admission.bootstrap ?? lookup(admission.path);
  };
  return (asked) => {
    if (asked.isTwo) return { status: 400, reason: 'X-Forwarded-For and Forwarded do not name the same client' };
    if (gate === undefined) return lookup(asked.target);
    const admission = gate.admit({
      protocol: asked.protocol,
      address: asked.address,
      path: asked.target,
      method: asked.method,
      authorization: asked.headers.authorization,
      userAgent: asked.headers['user-agent'],
      certificate: asked.certificate,
      isExamination: asked.headers[examinationMark] !== undefined,
    });
    const { delay = 0 } = admission;
    return delay > 0 ? later(delay).then(() => enter(admission)) : enter(admission);
  };
}

/** A guesser waits at the cost of a timer. */
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

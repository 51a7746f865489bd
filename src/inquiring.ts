import type { Offered } from './api/routes.ts';
import { createInquiry } from './inquiry/inquiry.ts';
import { createTrying } from './sandbox/trying.ts';
import type { Current } from './state/current.ts';
import { entryOf } from './state/unknown-entry.ts';

export interface InquiringOptions {
  readonly current: Pick<Current, 'build'>;
  /** Folders, absolute. */
  readonly out: string;
  readonly state: string;
}

/** What the API is asked that takes long: nobody else waits for it. */
export interface Inquiring {
  readonly offered: Pick<Offered, 'unknown' | 'findings' | 'preview'>;
  stop(): void;
}

export function createInquiring({ current, out, state }: InquiringOptions): Inquiring {
  const inquiry = createInquiry();
  const trying = createTrying();
  const demand = () => {
    const site = current.build()?.site;
    if (!site) throw new Error('nothing was built yet');
    return site;
  };
  return {
    offered: {
      async unknown(since) {
        const { vendors, devices } = demand();
        const macs = new Set(devices.map(({ mac }) => mac));
        const asked = await inquiry.ask({ kind: 'unknown', state, out, since, macs, vendors });
        if ('failed' in asked) return asked;
        if (asked.answer.kind !== 'unknown') throw new Error(reasonOf(asked.answer));
        const { phones, others, left_out } = asked.answer.found;
        return { phones: phones.map((one) => ({ ...one, entry: entryOf(one, vendors) })), others, left_out };
      },
      async findings() {
        const { vendors } = demand();
        const asked = await inquiry.ask({ kind: 'findings', state, out, vendors, now: Date.now() });
        if ('failed' in asked) return asked;
        if (asked.answer.kind !== 'findings') throw new Error(reasonOf(asked.answer));
        return asked.answer.found;
      },
      preview: (device, wanted) => trying.preview(demand(), { device, ...wanted }),
    },
    stop() {
      inquiry.stop();
      trying.stop();
    },
  };
}

const reasonOf = (answer: { readonly kind: string; readonly reason?: string }): string => answer.reason ?? answer.kind;

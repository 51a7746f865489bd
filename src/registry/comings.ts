import type { Mac } from '../model/mac.ts';
import type { Registration } from './registration.ts';

/** A registration, or what was written down of one before a restart. */
export interface Remembered {
  readonly source: string;
  readonly extension: string;
  readonly contact: string;
  readonly address?: string;
  /** MACs that it may speak of. */
  readonly macs?: readonly Mac[];
}

/** Hears what changes in the view of registrations. */
export interface Comings {
  /** A registration is there; `before`: what was known of the same contact. */
  put(registration: Registration, before: Registration | undefined): void;
  /** One is no more; `registration` is absent when it was never seen. */
  dropped(key: Pick<Remembered, 'source' | 'extension' | 'contact'>, registration: Registration | undefined): void;
  /** The source has told all that it has. */
  listed(source: string): void;
}

export interface ComingsOptions {
  /** Who was registered when the daemon ended. */
  readonly remembered: Iterable<Remembered>;
  readonly came: (registration: Registration) => void;
  readonly went: (gone: Remembered) => void;
}

/**
 * Tells who comes and who goes, over a restart too: a phone that is still there is no news, one that has gone meanwhile is, as
 * soon as its source has told all that it has. A phone that moved comes again. Of a source that is away nothing is told.
 */
export function createComings({ remembered, came, went }: ComingsOptions): Comings {
  const left = new Map<string, Map<string, Remembered>>();
  for (const one of remembered) {
    const some = left.get(one.source) ?? new Map<string, Remembered>();
    left.set(one.source, some.set(keyOf(one), one));
  }

  function take(key: Pick<Remembered, 'source' | 'extension' | 'contact'>): Remembered | undefined {
    const some = left.get(key.source);
    const found = some?.get(keyOf(key));
    some?.delete(keyOf(key));
    if (some?.size === 0) left.delete(key.source);
    return found;
  }

  return {
    put(registration, before) {
      const known = before ?? take(registration);
      if (known?.address !== registration.address) came(registration);
    },
    dropped(key, registration) {
      const gone = registration ?? take(key);
      if (gone) went(gone);
    },
    listed(source) {
      for (const gone of left.get(source)?.values() ?? []) went(gone);
      left.delete(source);
    },
  };
}

const keyOf = ({ extension, contact }: Pick<Remembered, 'extension' | 'contact'>): string => `${extension}\n${contact}`;

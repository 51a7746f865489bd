import type { FetchFact } from '../../model/fact.ts';

/** Facts as one flat list of values, which a message carries for a third of what objects cost. */
export interface PackedFacts {
  readonly count: number;
  readonly values: readonly unknown[];
  /** Facts that were lost before these, because the main thread could not follow. */
  readonly lost: number;
}

/** Every property, in the order of the list: the compiler finds one that is missing. */
const properties: { readonly [P in keyof Required<FetchFact>]: true } = {
  at: true,
  protocol: true,
  address: true,
  method: true,
  path: true,
  file: true,
  device: true,
  user_agent: true,
  model: true,
  firmware: true,
  status: true,
  bytes: true,
  complete: true,
  revision: true,
  reason: true,
  refusal: true,
  retransmits: true,
  timeouts: true,
  duration: true,
};
const names = Object.keys(properties) as (keyof FetchFact)[];

export interface FactPacker {
  add(fact: FetchFact): void;
  /** What was added since the last time. */
  take(lost: number): PackedFacts;
  readonly count: number;
}

export function createFactPacker(): FactPacker {
  let values: unknown[] = [];
  const packer = {
    count: 0,
    add(fact: FetchFact) {
      for (const name of names) values.push(fact[name]);
      packer.count++;
    },
    take(lost: number) {
      const packed = { count: packer.count, values, lost };
      values = [];
      packer.count = 0;
      return packed;
    },
  };
  return packer;
}

/** The facts; what is absent is undefined. */
export function unpackFacts({ count, values }: PackedFacts): FetchFact[] {
  return Array.from({ length: count }, (_, index) => {
    const fact: Record<string, unknown> = {};
    const from = index * names.length;
    for (const [offset, name] of names.entries()) fact[name] = values[from + offset];
    return fact as unknown as FetchFact;
  });
}

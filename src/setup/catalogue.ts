import type { Mac } from '../model/mac.ts';
import type { Vendor } from '../model/vendor.ts';

export interface Kind {
  readonly vendor: string;
  readonly model: string;
}

/** Which phones there are, as setup needs it. */
export interface Catalogue {
  readonly vendors: readonly { readonly id: string; readonly title: string }[];
  modelsOf(vendor: string): readonly { readonly id: string; readonly title: string }[];
  /** The vendor that a MAC is of, by its first six digits; undefined when that is nobody's here, or several’s. */
  vendorOf(mac: Mac): string | undefined;
  /** What somebody means: `acme/x9`, `x9`, or the title, in any case and with or without the dashes. Undefined when it is not one. */
  find(word: string, vendor?: string): Kind | undefined;
}

export function createCatalogue(
  vendors: ReadonlyMap<string, Pick<Vendor, 'id' | 'title' | 'ouis' | 'models'>>,
): Catalogue {
  const all = [...vendors.values()].filter(({ models }) => models.size > 0);
  const kinds = all.flatMap(({ id, title, models }) =>
    [...models.values()].map((model) => ({ vendor: id, model: model.id, title, modelTitle: model.title })),
  );
  return {
    vendors: all.map(({ id, title }) => ({ id, title })),
    modelsOf: (vendor) => [...(vendors.get(vendor)?.models.values() ?? [])].map(({ id, title }) => ({ id, title })),
    vendorOf(mac) {
      const of = all.filter(({ ouis }) => ouis.includes(mac.slice(0, 6)));
      return of.length === 1 ? of[0]?.id : undefined;
    },
    find(word, vendor) {
      const bare = plain(word);
      if (bare === '') return undefined;
      const found = kinds.filter(
        (kind) => (vendor === undefined || kind.vendor === vendor) && spellings(kind).includes(bare),
      );
      return found.length === 1 && found[0] ? { vendor: found[0].vendor, model: found[0].model } : undefined;
    },
  };
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Of a title the last word counts, too: the others are often those of a family. */
const spellings = (kind: Kind & { title: string; modelTitle: string }): string[] => {
  const names = [kind.model, kind.modelTitle, kind.modelTitle.split(/[ -]/).at(-1) ?? ''].map(plain);
  return [...names, ...names.flatMap((name) => [plain(kind.vendor) + name, plain(kind.title) + name])].filter(Boolean);
};

import type { PhonebookEntry } from '../model/phonebook.ts';
import type { Site } from '../model/site.ts';
import type { PhonebookFile, Vendor } from '../model/vendor.ts';
import type { Problem } from '../problem.ts';
import { type Job, phonebookName, vendorContext } from './plan.ts';

/** The phonebook of a vendor whose phones have one in this site. */
export interface PhonebookPlan {
  /** The vendor's id. */
  readonly vendor: string;
  /** All that it is made from: while these are the same, so is what comes of it. */
  readonly inputs: readonly unknown[];
  plan(): { readonly jobs: readonly Job[]; readonly problems: readonly Problem[] };
}

export function phonebooksOf(site: Site): PhonebookPlan[] {
  return [...titlesOf(site)].flatMap(([id, title]) => {
    const vendor = site.vendors.get(id);
    if (!vendor?.phonebook) return [];
    const book = { site, vendor, file: vendor.phonebook, title };
    const isLocked = site.access?.token !== undefined && site.access.enforce !== 'off';
    return [{ vendor: id, inputs: [vendor, title, site.phonebook, site.server, isLocked], plan: () => planOf(book) }];
  });
}

/**
 * By vendor, what a phonebook is called in the file itself, which has one name for all phones: what `defaults` and
 * `models` say, and where they say nothing the first of those that phones have.
 */
function titlesOf(site: Site): Map<string, string> {
  const found = new Map<string, { readonly models: Set<string>; readonly titles: Set<string> }>();
  for (const { vendor, model, settings } of site.kinds ?? site.devices) {
    const phonebook = settings.directory?.phonebook;
    if (typeof phonebook !== 'object') continue;
    const known = found.get(vendor) ?? { models: new Set(), titles: new Set() };
    found.set(vendor, known);
    known.models.add(model);
    known.titles.add(phonebook.title);
  }
  // The order of devices must not show in the bytes.
  return new Map(
    [...found.keys()].toSorted().map((vendor) => {
      const { models = [], titles = [] } = found.get(vendor) ?? {};
      const ofModels = [...models].toSorted().flatMap((model) => {
        const phonebook = site.settingsOfModel(vendor, model).directory?.phonebook;
        return typeof phonebook === 'object' ? [phonebook.title] : [];
      });
      return [vendor, ofModels[0] ?? [...titles].toSorted()[0] ?? ''];
    }),
  );
}

interface Book {
  readonly site: Site;
  readonly vendor: Vendor;
  readonly file: PhonebookFile;
  readonly title: string;
}

function planOf({ site, vendor, file, title }: Book): ReturnType<PhonebookPlan['plan']> {
  const all = site.phonebook ?? [];
  const people = all.slice(0, file.most);
  const groups = groupsOf(people);
  const listed = people.map((person) => ({ ...person, group: groups.get(person.department ?? '') }));
  const pages = Math.max(1, Math.ceil(people.length / (file.per_file ?? Number.POSITIVE_INFINITY)));
  const context = {
    ...vendorContext(site, vendor),
    phonebook: { title },
    groups: [...groups].map(([name, id]) => ({ id, name })),
  };
  const jobs = Array.from({ length: pages }, (_, index): Job => {
    const number = index + 1;
    const size = file.per_file ?? people.length;
    const previous = number > 1 ? phonebookName(file, number - 1) : undefined;
    const next = number < pages ? phonebookName(file, number + 1) : undefined;
    return {
      paths: [phonebookName(file, number)],
      ...{ template: file.template, format: file.format, audience: { vendor: vendor.id, unannounced: true } },
      context: {
        ...context,
        people: listed.slice(index * size, number * size),
        page: { number, count: pages, previous, next },
      },
    };
  });
  return { jobs, problems: [...cutProblem(vendor, all, people), ...lockedPages({ site, vendor, pages })] };
}

/** Departments by name, numbered from 1. */
function groupsOf(people: readonly PhonebookEntry[]): Map<string, number> {
  const names = new Set(people.flatMap(({ department }) => department ?? []));
  return new Map([...names].toSorted().map((name, index) => [name, index + 1]));
}

function cutProblem(vendor: Vendor, all: readonly PhonebookEntry[], kept: readonly PhonebookEntry[]): Problem[] {
  if (kept.length === all.length) return [];
  const message = `the phonebook of ${vendor.title} takes ${kept.length} people of ${all.length}: those behind them, by name, are left out; wanted \`ldap\`, which shows all`;
  return [warning(vendor, message)];
}

/** What devices share has no token of its own, and a page cannot know the one that it was fetched with. */
function lockedPages({ site: { access }, vendor, pages }: { site: Site; vendor: Vendor; pages: number }): Problem[] {
  if (pages === 1 || access?.token === undefined || access.enforce === 'off') return [];
  const message = `the ${pages} pages of the phonebook of ${vendor.title} lead to one another without the token that \`access\` asks for: phones get the first; wanted \`ldap\`, or another proof than a token at the top level`;
  return [warning(vendor, message)];
}

const warning = ({ id }: Vendor, message: string): Problem => ({
  ...{ file: `${id}/vendor.yml`, code: 'directory', severity: 'warning', message },
});

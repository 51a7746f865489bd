import type { Mac } from '../model/mac.ts';
import { identify } from '../model/user-agent.ts';
import type { Model, Vendor } from '../model/vendor.ts';
import { type Catalogue, createCatalogue, type Kind } from '../setup/catalogue.ts';
import type { Askings } from './unknown-query.ts';

/** What speaks for a vendor and a model, and how loud: names are claims, and the first half of a MAC is the maker's. */
export interface Evidence {
  readonly vendor: string;
  readonly model?: string;
  readonly weight: number;
}

/** What somebody asked, and as whom, read by what the vendors' folders say. */
export interface Recognition {
  evidence(asked: Pick<Askings, 'user_agent' | 'model' | 'path'>, mac: Mac | undefined): readonly Evidence[];
  ofMac(mac: Mac): readonly Evidence[];
  /** Whether a phone of some vendor calls itself so. */
  isPhone(userAgent: string): boolean;
}

const mostAgents = 5_000;

export function createRecognition(vendors: ReadonlyMap<string, Vendor>): Recognition {
  const catalogue = createCatalogue(vendors);
  const users = usersOf(vendors.values());
  const known = new Map<string, ReturnType<typeof identify>>();
  const agentOf = (text: string) => {
    const agent = known.get(text) ?? identify(text, vendors.values());
    if (known.size < mostAgents) known.set(text, agent);
    return agent;
  };
  return {
    evidence: ({ user_agent, model, path }, mac) => [
      ...(user_agent === undefined ? [] : ofAgent(agentOf(user_agent).vendor, model ?? '', catalogue)),
      ...ofPath(path, mac, users),
    ],
    ofMac: (mac) =>
      [...vendors.values()]
        .filter(({ ouis }) => ouis.includes(mac.slice(0, 6)))
        .map(({ id }) => ({ vendor: id, weight: 2 })),
    isPhone: (userAgent) => agentOf(userAgent).vendor !== undefined,
  };
}

/** By multicast a phone says its model to whom no vendor's pattern fits: a name that is one vendor's alone counts a little. */
function ofAgent(vendor: string | undefined, model: string, catalogue: Catalogue): Evidence[] {
  const kind: Kind | undefined = catalogue.find(model, vendor);
  if (vendor !== undefined) return [{ vendor, model: kind?.model, weight: 3 }];
  return kind ? [{ ...kind, weight: 1 }] : [];
}

interface User {
  readonly vendor: string;
  /** Where the name is one model's alone. */
  readonly model?: string;
}

/** Who asks for a name, by the name in lower case with `{mac}` for the MAC. */
type Users = ReadonlyMap<string, readonly User[]>;

function usersOf(vendors: Iterable<Vendor>): Users {
  const all = [...vendors].flatMap(({ id, models }) => {
    const uses = [...models.values()].flatMap((model) => namesOf(model).map((name) => ({ name, model: model.id })));
    return [...Map.groupBy(uses, ({ name }) => name)].map(([name, of]) => {
      const [model, ...more] = new Set(of.map((use) => use.model));
      // A name with a MAC in it says nothing of the model where there is but one that anybody described.
      const isTelling = more.length === 0 && (models.size > 1 || !name.includes('{mac}'));
      return { name, vendor: id, model: isTelling ? model : undefined };
    });
  });
  return Map.groupBy(all, ({ name }) => name);
}

/** The names that a model's phones ask for. */
function namesOf({ id, properties, files, bootstrap = [] }: Model): string[] {
  const words: Readonly<Record<string, string>> = { ...properties, model: id };
  return [...files, ...bootstrap]
    .flatMap(({ name, also }) => [name, ...also])
    .map((name) => name.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole).toLowerCase());
}

/** A name that several vendors' phones ask for speaks for each of them the less. */
function ofPath(path: string, mac: Mac | undefined, users: Users): Evidence[] {
  const fitting = users.get(plainName(path, mac)) ?? [];
  const vendors = new Set(fitting.map(({ vendor }) => vendor)).size;
  return fitting.map(({ vendor, model }) => ({ vendor, model, weight: 2 / vendors }));
}

const spelt = /[0-9a-f]{2}(?:[:.-]?[0-9a-f]{2}){5}/g;

function plainName(path: string, mac: Mac | undefined): string {
  const name = decode(path.replace(/\?.*$/s, '').split('/').at(-1)?.toLowerCase() ?? '');
  return mac === undefined
    ? name
    : name.replace(spelt, (text) => (text.replace(/[:.-]/g, '') === mac ? '{mac}' : text));
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name;
  }
}

/** The kind that most speaks for; nothing where two vendors are as likely. */
export function elect(evidence: readonly Evidence[]): Partial<Kind> {
  const vendor = winner(evidence.map((each) => [each.vendor, each.weight]));
  const models = evidence.flatMap(({ vendor: of, model, weight }) =>
    of === vendor && model !== undefined ? [[model, weight] as const] : [],
  );
  return { vendor, model: winner(models) };
}

function winner(votes: readonly (readonly [string, number])[]): string | undefined {
  const sums = new Map<string, number>();
  for (const [name, weight] of votes) sums.set(name, (sums.get(name) ?? 0) + weight);
  const [first, second] = [...sums].sort(([, a], [, b]) => b - a);
  return first && first[1] > (second?.[1] ?? 0) ? first[0] : undefined;
}

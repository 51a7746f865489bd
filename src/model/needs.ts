import type { Mac } from './mac.ts';
import type { Model } from './vendor.ts';

/**
 * The files that a phone must have fetched to have what it is meant to have: one of each list. Names as they are in out/,
 * in lower case, with `{mac}` for the MAC, so that all devices of a model need the same.
 */
export type Needs = readonly (readonly string[])[];

/**
 * Of a model the files of the device alone, those apart that are `optional`. The names in `also` are alternatives, since a
 * phone asks for the one it knows. Files that devices share are left out: who fetched them is not known.
 */
export function needsOf(model: Model): Needs {
  const filled = (name: string) => filledName(name, model).toLowerCase();
  const own = model.files.filter(({ name }) => /\{mac\}/i.test(name));
  const all = own.map(({ name, also }) => [name, ...also].map(filled));
  const needed = all.filter((_, index) => !own[index]?.optional);
  return needed.length > 0 ? needed : [all.flat()];
}

/** The name of a file of vendor.yml for a model; the placeholder of the MAC stays. */
export function filledName(name: string, { id, title, lines, keys, line_keys, properties }: Model): string {
  const words: Readonly<Record<string, unknown>> = { ...properties, title, lines, keys, line_keys, model: id };
  return name.replace(/\{(\w+)\}/g, (whole, word: string) => String(words[word] ?? whole));
}

export const needsText = (needs: Needs): string => JSON.stringify(needs);

/** Back from its text; a phone for which nothing is known needs nothing that it could fetch. */
export function needsIn(text: string | undefined): Needs {
  try {
    const needs: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(needs) ? needs.filter(isNames) : [];
  } catch {
    return [];
  }
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** The name of a device's file as needs have it. */
export const nameInNeeds = (file: string, mac: Mac): string => file.toLowerCase().replaceAll(mac, '{mac}');

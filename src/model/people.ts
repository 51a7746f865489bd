import type { Extension } from './extension.ts';
import { sameItems } from './same-items.ts';
import { Secret } from './secret.ts';
import type { RawExtension, Sources } from './sources.ts';

/** Everybody by number, and whose entry is not what it was the last time. */
export interface People {
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly changed: ReadonlySet<string>;
}

/** Joins the extensions of all files; what did not change is the same object as the last time, the map itself too. */
export function createPeople(): (sources: Sources) => People {
  const known = new WeakMap<RawExtension, { secret?: Secret; extension: Extension }>();
  let last: { inputs: readonly unknown[]; extensions: ReadonlyMap<string, Extension> } = {
    inputs: [],
    extensions: new Map(),
  };

  function toExtension(number: string, raw: RawExtension, sources: Sources): Extension {
    const answer = raw.password === undefined ? undefined : sources.secret(raw.password);
    const secret = answer instanceof Secret ? answer : undefined;
    const before = known.get(raw);
    if (before && before.secret === secret) return before.extension;
    const { password: _reference, name = number, ...rest } = raw;
    const extension = Object.freeze({ ...rest, number, name, password: secret });
    known.set(raw, { secret, extension });
    return extension;
  }

  return (sources) => {
    const inputs = [sources.secretsVersion, ...sources.files.map(({ content }) => content.extensions)];
    if (sameItems(inputs, last.inputs)) return { extensions: last.extensions, changed: new Set() };
    const extensions = new Map<string, Extension>();
    for (const { content } of sources.files)
      for (const [number, raw] of Object.entries(content.extensions ?? {}))
        if (!extensions.has(number)) extensions.set(number, toExtension(number, raw, sources));
    const changed = difference(last.extensions, extensions);
    last = { inputs, extensions };
    return { extensions, changed };
  };
}

function difference(before: ReadonlyMap<string, Extension>, after: ReadonlyMap<string, Extension>): Set<string> {
  const changed = new Set<string>();
  for (const [number, extension] of after) if (before.get(number) !== extension) changed.add(number);
  for (const number of before.keys()) if (!after.has(number)) changed.add(number);
  return changed;
}

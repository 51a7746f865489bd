type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What one word stands for, by the name that it is the value of. */
const short: Readonly<Record<string, Readonly<Record<string, Fields>>>> = {
  access: { bootstrap: { unauthenticated: 'bootstrap' } },
};

/** `access: bootstrap` says `access: { unauthenticated: bootstrap }`, in the site and in each of its layers. Changes the value. */
export function spellOut(content: unknown): void {
  if (!isFields(content)) return;
  const { defaults, models, groups, devices } = content;
  const layers = [models, groups].flatMap((maps) => (isFields(maps) ? Object.values(maps) : []));
  for (const layer of [content, defaults, ...layers, ...(Array.isArray(devices) ? devices : [])]) {
    if (!isFields(layer)) continue;
    for (const [name, words] of Object.entries(short)) {
      const word = layer[name];
      if (typeof word === 'string' && Object.hasOwn(words, word)) layer[name] = { ...words[word] };
    }
  }
}

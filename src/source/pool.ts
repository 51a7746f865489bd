/**
 * Gives texts that are the same as one object, each a copy: a part of a long text that the engine has cut out of it
 * hangs on to the whole of it (and a device that nobody edits to the file's text of a year ago).
 */
export function createPool(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const same = known.get(text);
    if (same !== undefined) return same;
    const own = copyOf(text);
    known.set(own, own);
    return own;
  };
}

/** V8 copies what is shorter than this when it cuts it out. */
const cut = 13;

const copyOf = (text: string): string => (text.length < cut ? text : ` ${text}`.slice(1));

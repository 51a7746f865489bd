/** An entity tag (RFC 9110 section 8.8.3) as it is written in a header: `"..."` or `W/"..."`. */
export type EntityTag = string;

const element = /[ \t]*(?:(W\/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|$)/y;

/**
 * The tags of an If-None-Match or If-Match: `*` or a list. Reading ends at what is no tag: it can only make fewer match,
 * and a phone that gets a whole file is better off than one that is told that its old one is right.
 */
export function parseEntityTags(header: string): '*' | EntityTag[] {
  if (header.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  const reader = new RegExp(element);
  while (reader.lastIndex < header.length) {
    const match = reader.exec(header);
    if (match === null) break;
    if (match[2] !== undefined) tags.push(`${match[1] ?? ''}${match[2]}`);
  }
  return tags;
}

const opaque = (tag: EntityTag) => tag.replace(/^W\//, '');

/** Weak comparison, for If-None-Match (RFC 9110 section 8.8.3.2). */
export const matchesWeakly = (a: EntityTag, b: EntityTag): boolean => opaque(a) === opaque(b);

/** Strong comparison, for If-Match and If-Range: a weak tag equals none. */
export const matchesStrongly = (a: EntityTag, b: EntityTag): boolean => a === b && !a.startsWith('W/');

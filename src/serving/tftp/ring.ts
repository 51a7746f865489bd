/**
 * A ring of links around a head: put in, taken out and moved in constant time and without allocation, which a Map or an
 * array cannot do. Timers, the order of idleness and the chunks in memory live in rings.
 */
export interface Link {
  previous: Link;
  next: Link;
}

/** Makes a link of the object. It stands alone, and may as well be the head of an empty ring. */
export function createLink<T extends object>(fields: T): T & Link {
  const link = fields as T & Link;
  link.previous = link;
  link.next = link;
  return link;
}

export const isAlone = (link: Link): boolean => link.next === link;

export function unlink(link: Link): void {
  link.previous.next = link.next;
  link.next.previous = link.previous;
  link.previous = link;
  link.next = link;
}

/** Puts the link at the end of the ring of `head`, from wherever it stood. */
export function moveToEnd(head: Link, link: Link): void {
  unlink(link);
  link.previous = head.previous;
  link.next = head;
  head.previous.next = link;
  head.previous = link;
}

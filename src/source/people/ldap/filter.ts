import { AndFilter, EqualityFilter, type Filter, FilterParser, GreaterThanEqualsFilter, PresenceFilter } from 'ldapts';

/**
 * A filter as people write it (RFC 4515). Spaces between brackets are allowed, and letters beyond ASCII may be escaped
 * byte by byte: ldapts takes neither. Throws a sentence.
 */
export function parseFilter(text: string): Filter {
  const plain = text
    .trim()
    .replace(/([&|!)])\s+(?=[()])/g, '$1')
    .replace(/(?:\\[89a-f][0-9a-f])+/gi, (bytes) => Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'));
  try {
    const filter = FilterParser.parseString(plain);
    if (balance(plain) !== 0) throw new Error('a bracket is not closed, or one too many');
    return filter;
  } catch (error) {
    throw new Error(`the filter cannot be read: ${(error as Error).message}; wanted one as (objectClass=person)`);
  }
}

/** In a value brackets are escaped: all others are syntax. */
const balance = (text: string): number => [...text].reduce((sum, c) => sum + Number(c === '(') - Number(c === ')'), 0);

export const everything = (): Filter => new PresenceFilter({ attribute: 'objectClass' });

/** Values go into a filter as bytes of their own: nothing in them is syntax (ldapts' classes, never a text). */
export const equals = (attribute: string, value: string): Filter => new EqualityFilter({ attribute, value });
export const atLeast = (attribute: string, value: string): Filter => new GreaterThanEqualsFilter({ attribute, value });
export const both = (...filters: Filter[]): Filter => new AndFilter({ filters });

/** What stands in an Authorization header (RFC 9110 section 11.6.2). */
export type Authorization =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | { readonly scheme: 'digest'; readonly parameters: ReadonlyMap<string, string> }
  | { readonly scheme: 'unknown' };

/** Longer than any phone's. */
const longest = 4096;

/** Reads the header; `unknown` for another scheme and for what cannot be read. Never throws. */
export function parseAuthorization(header: string): Authorization {
  const [, scheme = '', rest = ''] = header.length > longest ? [] : (/^\s*([\w-]+)\s+(.*)$/s.exec(header) ?? []);
  if (scheme.toLowerCase() === 'basic') return parseBasic(rest);
  if (scheme.toLowerCase() === 'digest') return parseDigest(rest);
  return { scheme: 'unknown' };
}

/** RFC 7617: the first colon parts the user from the password. */
function parseBasic(text: string): Authorization {
  const encoded = text.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return { scheme: 'unknown' };
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) return { scheme: 'unknown' };
  return { scheme: 'basic', user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** One parameter and what parts it from the next: a quoted-string or a token (RFC 7616 section 3.4). */
const parameter = /\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))\s*(?:,|$)/sy;

/** A parameter that is given twice makes the whole unreadable: nobody can say which one counts. */
function parseDigest(text: string): Authorization {
  const parameters = new Map<string, string>();
  const next = new RegExp(parameter);
  for (let at = 0; at < text.length; at = next.lastIndex) {
    next.lastIndex = at;
    const [, name, quoted, bare = ''] = next.exec(text) ?? [];
    if (name === undefined || parameters.has(name.toLowerCase())) return { scheme: 'unknown' };
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, '$1') ?? bare);
  }
  return { scheme: 'digest', parameters };
}

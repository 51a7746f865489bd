/** What WWW-Authenticate and Proxy-Authenticate ask for (RFC 7616 section 3.3, RFC 2617, RFC 8760). */

/** A digest challenge that can be answered. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  /** As the challenge spells it. The answer names it only if the challenge did: servers of RFC 2069 do not know it. */
  readonly algorithm?: string;
  /** Node's name of the hash. */
  readonly hash: string;
  /** The algorithm ends in `-sess`: the key is of this nonce alone. */
  readonly session: boolean;
  /** `auth`, or nothing when the challenge is of RFC 2069. */
  readonly qop?: 'auth';
  /** The nonce has aged; the password was right. */
  readonly stale: boolean;
  /** The user's name is to be hashed. */
  readonly userhash: boolean;
}

const hashes: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5'],
  ['sha-256', 'sha256'],
  ['sha-512-256', 'sha512-256'],
]);

/**
 * The challenges of these header values that can be answered, in their order: the server's preference (RFC 8760
 * section 2.4). Other schemes, algorithms and qualities, and what cannot be read, are left out.
 */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values
    .flatMap(splitChallenges)
    .filter(({ scheme }) => scheme.toLowerCase() === 'digest')
    .map(({ parameters }) => readDigest(parameters))
    .filter((challenge) => challenge !== undefined);
}

function readDigest(parameters: ReadonlyMap<string, string>): Challenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const algorithm = parameters.get('algorithm');
  const [, name, session] = /^(.*?)(-sess)?$/.exec(algorithm?.toLowerCase() ?? 'md5') ?? [];
  const hash = hashes.get(name ?? '');
  const qualities =
    parameters
      .get('qop')
      ?.toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean) ?? [];
  const unknownQuality = qualities.length > 0 && !qualities.includes('auth');
  if (realm === undefined || nonce === undefined || hash === undefined || unknownQuality) return undefined;
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    hash,
    session: session !== undefined,
    qop: qualities.length > 0 ? 'auth' : undefined,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
  };
}

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** A word: a scheme, or before `=` the name of a parameter with its value, quoted or not. */
const item =
  /[\s,]*([\w\-.!%*+`'~#$&^|]+)(?![\w\-.!%*+`'~#$&^|])(?:\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s",]*)(?=[\s,]|$))|(?!\s*=))/sy;

/** `Digest realm="a", nonce="b", Digest …`: a challenge that is malformed is dropped, with what follows it. */
function splitChallenges(value: string): RawChallenge[] {
  const found: RawChallenge[] = [];
  const next = new RegExp(item);
  for (let at = 0; at < value.length; at = next.lastIndex) {
    const [, word, quoted, bare] = next.exec(value) ?? [];
    if (word === undefined) return /^[\s,]*$/.test(value.slice(at)) ? found : found.slice(0, -1);
    const text = quoted?.replace(/\\(.)/gs, '$1') ?? bare;
    const current = found.at(-1);
    if (text === undefined) found.push({ scheme: word, parameters: new Map() });
    else if (current && !current.parameters.has(word.toLowerCase())) current.parameters.set(word.toLowerCase(), text);
  }
  return found;
}

import { placeholderIn } from '../model/placeholder.ts';
import { quoted } from '../problem.ts';
import { decoded } from './names.ts';
import { ruleOfOne } from './rule.ts';

const found = (path: string): string | undefined => placeholderIn(path) ?? placeholderIn(decoded(path));

/** A literal `{mac}` or `$MA` in the path. */
export const placeholder = ruleOfOne({
  id: 'placeholder',
  severity: 'error',
  // Whoever asks so is not known by his MAC.
  group: ({ address, path }) => `${address} ${found(path) ?? ''}`,
  seen({ path, address }) {
    const word = found(path);
    if (word === undefined) return undefined;
    const fix = `take ${quoted(word)} out of the URL that the phone has (DHCP option, redirection service, its web page): phones add their own file name; docs/ and the vendor’s README have the right form`;
    return { address, seen: `asked for ${quoted(path)}, where ${quoted(word)} should have become its MAC`, fix };
  },
});

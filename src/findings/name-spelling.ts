import { quoted } from '../problem.ts';
import { decoded, withPlainMac } from './names.ts';
import { nameOf, ruleOfOne } from './rule.ts';

/** A wrong case or separator in the name. */
export const nameSpelling = ruleOfOne({
  id: 'name-spelling',
  severity: 'note',
  seen(fact, { files }) {
    const { device, address, status, file } = fact;
    const name = decoded(nameOf(fact));
    const meant =
      status < 400
        ? file
            ?.split('/')
            .at(-1)
            ?.replace(/ \(bootstrap\)$/, '')
        : withPlainMac(name);
    if (name === '' || meant === undefined || name === meant) return undefined;
    const who = { device, address };
    const fix = `let the phone ask for ${quoted(meant)}, wherever its name is set`;
    if (status < 400) {
      const isSpelling = withPlainMac(name) === meant.toLowerCase();
      return isSpelling ? { ...who, seen: `asked for ${quoted(name)} and was given ${quoted(meant)}`, fix } : undefined;
    }
    if (status !== 404 || !files.has(meant)) return undefined;
    return { ...who, severity: 'error', seen: `asked for ${quoted(name)}, and there is ${quoted(meant)}`, fix };
  },
});

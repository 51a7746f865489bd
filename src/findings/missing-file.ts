import { filledName } from '../model/needs.ts';
import { placeholderIn } from '../model/placeholder.ts';
import { quoted } from '../problem.ts';
import { decoded, withPlainMac } from './names.ts';
import { type Known, nameOf, remembered, ruleOfOne, whose } from './rule.ts';

/** A common file, or the device's own, that is asked for and missing; not one of the many that each phone asks for anyway. */
export const missingFile = ruleOfOne({
  id: 'missing-file',
  severity: 'error',
  group: (fact) => `${whose(fact)} ${nameOf(fact)}`,
  seen(fact, known) {
    const { status, device, address } = fact;
    if (status !== 404 || fact.refusal !== undefined) return undefined;
    // Its own finding says more.
    if (placeholderIn(fact.path) ?? placeholderIn(decoded(fact.path))) return undefined;
    const name = withPlainMac(decoded(nameOf(fact)));
    const listed = device && known.devices.get(device);
    const mine = device === undefined ? name : name.replaceAll(device, '{mac}');
    const who = { device, address };
    if (listed && ownNames(known, listed).has(mine)) {
      const fix = 'look whether the last build was accepted (`offhook check`), and whether somebody emptied out/';
      return { ...who, seen: `asked for ${quoted(name)}, its own file, which is not there`, fix };
    }
    const models = commonNames(known).get(name);
    if (models) {
      const fix = `list it in devices.yml with its model (the file is made for ${models.join(', ')}), then build`;
      return { ...who, seen: `asked for ${quoted(name)}, which its vendor’s phones need and is not there`, fix };
    }
    const like = alikeNames(known).get(masked(name));
    if (!like || device !== undefined) return undefined;
    const fix = `its model has another number than ${like}: say which in a vendor.yml of your own (templates/README.md)`;
    return { ...who, severity: 'warning', seen: `asked for ${quoted(name)}, a common file that no model has`, fix };
  },
});

/** Without its numbers, so that `y000000000047.cfg` is like `y000000000066.cfg`. */
const masked = (name: string): string => name.replace(/\d+/g, '#');

/** Files of the device alone that its model needs, with `{mac}`, in lower case. */
function ownNames({ vendors }: Known, { vendor, model: id }: { vendor: string; model: string }): ReadonlySet<string> {
  const model = vendors.get(vendor)?.models.get(id);
  const own = model?.files.filter(({ name, optional }) => !optional && /\{mac\}/i.test(name)) ?? [];
  return new Set(model && own.map(({ name }) => filledName(name, model).toLowerCase()));
}

/** Names of files that devices share, in lower case, and the models that have them. */
const commonNames = remembered(({ vendors }) => {
  const names = new Map<string, string[]>();
  for (const { id, models } of vendors.values())
    for (const model of models.values())
      for (const { name, optional } of model.files) {
        if (optional || /\{mac\}/i.test(name)) continue;
        const filled = filledName(name, model).toLowerCase();
        names.set(filled, [...(names.get(filled) ?? []), `${id}/${model.id}`]);
      }
  return names;
});

/** Of those that have a number and more than a number. */
const alikeNames = remembered((known) => {
  const numbered = [...commonNames(known).keys()].filter((name) => /^[a-z].*\d/.test(name));
  return new Map(numbered.map((name) => [masked(name), name]));
});

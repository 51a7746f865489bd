import { identify } from '../model/user-agent.ts';
import type { Model } from '../model/vendor.ts';
import { isOlder } from '../model/version.ts';
import { folded } from './names.ts';
import { type Known, type KnownDevice, ruleOfOne } from './rule.ts';

/** A model or vendor that differs from devices.yml. */
export const otherModel = ruleOfOne({
  id: 'other-model',
  severity: 'error',
  seen({ device, address, user_agent }, known) {
    const listed = device && known.devices.get(device);
    if (!listed || user_agent === undefined) return undefined;
    const { vendor, model } = identify(user_agent, known.vendors.values());
    const modelOf = modelIn(known, listed);
    if (vendor === undefined || (vendor === listed.vendor && (!model || !modelOf || isModel(model, modelOf))))
      return undefined;
    const says = [known.vendors.get(vendor)?.title ?? vendor, model].filter((word) => word !== undefined).join(' ');
    return {
      ...{ device, address },
      seen: `says that it is a ${says}, and devices.yml has ${listed.vendor}/${listed.model}`,
      fix: 'correct `vendor` and `model` in devices.yml, or the MAC, if it is that of another phone',
    };
  },
});

/** Firmware older than a template needs. */
export const oldFirmware = ruleOfOne({
  id: 'old-firmware',
  severity: 'warning',
  seen({ device, address, firmware, model }, known) {
    const listed = device && known.devices.get(device);
    const wanted = listed && modelIn(known, listed);
    const least = wanted?.firmware?.minimum;
    if (least === undefined || firmware === undefined || !wanted || (model !== undefined && !isModel(model, wanted)))
      return undefined;
    if (!isOlder(firmware, least)) return undefined;
    const fix = `bring its firmware to ${least} or newer, at its web page or as the vendor’s README says`;
    return { device, address, seen: `has firmware ${firmware}; the templates are for ${least} and newer`, fix };
  },
});

const modelIn = ({ vendors }: Known, { vendor, model }: KnownDevice): Model | undefined =>
  vendors.get(vendor)?.models.get(model);

/** `VVX_450` is `vvx450`, `33G` is `zip33g`, `T46S` is `SIP-T46S`. */
const isModel = (said: string, { id, title }: Model): boolean =>
  [id, title].some((name) => folded(name).endsWith(folded(said)));

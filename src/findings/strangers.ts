import type { FetchFact } from '../model/fact.ts';
import { formatMac, type Mac } from '../model/mac.ts';
import { quoted } from '../problem.ts';
import { neighbours } from './names.ts';
import { type Known, remembered, ruleOfOne } from './rule.ts';

/** A MAC one digit off a known one that never came: phones of one box are neighbours, too, and are fetching. */
export const nearMac = ruleOfOne({
  id: 'near-mac',
  severity: 'error',
  seen({ device, address }, known) {
    const near = device && nearOf(device, known);
    if (!near) return undefined;
    const { extension } = known.devices.get(near) ?? {};
    const whose = extension === undefined ? '' : ` (${extension})`;
    return {
      ...{ device, address },
      seen: `is not in devices.yml, but ${formatMac(near)}${whose} is, which never fetched and differs in one digit`,
      fix: `hold it against the label of the phone, and write ${formatMac(device)} into devices.yml if that is the one`,
    };
  },
});

/** A phone that nobody listed. */
export const unknownDevice = ruleOfOne({
  id: 'unknown-device',
  severity: 'note',
  seen(fact, known) {
    const { device, address, path, user_agent } = fact;
    if (!device || known.devices.has(device) || !isPhone(fact, known) || nearOf(device, known)) return undefined;
    const agent = user_agent === undefined ? '' : ` as ${quoted(user_agent)}`;
    const fix = 'list it in devices.yml; `offhook unknown` prints the entry';
    return { device, address, seen: `is not in devices.yml, and asked for ${quoted(path)}${agent}`, fix };
  },
});

function nearOf(device: Mac, known: Known): Mac | undefined {
  const { devices, hasFetched } = known;
  if (devices.has(device)) return undefined;
  return alike(known)(device).find((mac) => !hasFetched(mac));
}

/** Whoever asks makes up MACs, too. */
const mostStrangers = 10_000;

/** Devices whose MAC is nearly this one. */
const alike = remembered(({ devices }: Known) => {
  const found = new Map<Mac, readonly Mac[]>();
  return (stranger: Mac): readonly Mac[] => {
    const before = found.get(stranger);
    if (before) return before;
    const near = [...neighbours(stranger)].filter((mac) => devices.has(mac));
    if (found.size < mostStrangers) found.set(stranger, near);
    return near;
  };
});

const isPhone = ({ device = '', model }: { device?: string; model?: FetchFact['model'] }, { vendors }: Known) =>
  model !== undefined || vendors.values().some(({ ouis }) => ouis.includes(device.slice(0, 6)));

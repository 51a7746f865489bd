import { type Problem, quoted } from '../problem.ts';
import type { Device } from './device.ts';
import type { Sources } from './sources.ts';
import type { Vendor, VendorLimits } from './vendor.ts';

/** As many are shown. */
const mostShown = 3;

/** Names and labels that a vendor's phones keep only a part of: said once for each vendor, whoever has how many of them. */
export function cutLabels(devices: readonly Device[], sources: Sources): Problem[] {
  const cut = new Map<Vendor, Set<string>>();
  for (const device of devices) {
    const vendor = sources.vendors.get(device.vendor);
    if (!vendor?.limits) continue;
    for (const text of tooLong(device, vendor.limits)) {
      const texts = cut.get(vendor) ?? new Set();
      cut.set(vendor, texts.add(text));
    }
  }
  const isSealed = [...sources.files, ...(sources.people ?? []).map(({ file }) => file)].some((file) => file.isSealed);
  return [...cut].map(([vendor, texts]) => toProblem(vendor, [...texts].sort(), isSealed));
}

function* tooLong({ lines, keys }: Device, limits: VendorLimits): Iterable<string> {
  for (const { label, name } of lines) {
    if (isLonger(label, limits.line_label)) yield label;
    if (isLonger(name, limits.line_name)) yield name;
  }
  for (const { label } of keys) if (isLonger(label, limits.key_label)) yield label;
}

/** In code points, as templates cut; a text has no more of them than UTF-16 units. */
const isLonger = (text: string, limit = Number.POSITIVE_INFINITY): boolean =>
  text.length > limit && [...text].length > limit;

function toProblem({ id, title, limits = {} }: Vendor, texts: readonly string[], isSealed: boolean): Problem {
  const most = Math.min(...Object.values(limits));
  const count = texts.length === 1 ? '1 name or label is' : `${texts.length} names and labels are`;
  const examples = isSealed
    ? ''
    : `: ${texts.slice(0, mostShown).map(quoted).join(', ')}${texts.length > mostShown ? ' …' : ''}`;
  const message = `${count} longer than the ${most} characters that phones of ${title} keep, and cut there${examples}; wanted shorter ones, or a \`label\` of lines and keys`;
  return { file: `${id}/vendor.yml`, code: 'cut-label', severity: 'warning', message };
}

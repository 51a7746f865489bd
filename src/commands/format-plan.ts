import type { Loaded } from '../load.ts';
import { maskedDiff } from '../masked-diff.ts';
import type { Device } from '../model/device.ts';
import type { Entry } from '../model/explain.ts';
import { concerns } from '../model/file.ts';
import { formatMac, type Mac } from '../model/mac.ts';
import type { Before, FileChange, Preview } from '../preview.ts';
import { type Reason, reasonsFor } from './reasons.ts';

export const planFormats = ['text', 'json', 'markdown'] as const;
export type PlanFormat = (typeof planFormats)[number];

export interface PlanInput extends Preview {
  readonly after: Loaded;
  readonly before: Before;
  readonly entries: ReadonlyMap<Mac, Entry>;
}

/** A device that changes, or a group of files that devices share, or a device that goes. */
interface Item {
  readonly title: string;
  readonly mac?: Mac;
  readonly effect: 'new' | 'resync' | 'reboot' | 'removed' | 'shared';
  readonly reasons: readonly Reason[];
  /** Why, when it is for no value. */
  readonly note?: string;
  readonly files: readonly { readonly path: string; readonly kind: FileChange['kind']; readonly diff: string }[];
}

/** A plan for people, for a machine, or for a comment on a pull request. Ends with a line break. */
export function formatPlan(input: PlanInput, format: PlanFormat): string {
  const items = [...sharedItems(input), ...deviceItems(input), ...removedItems(input)];
  if (format === 'json') return `${JSON.stringify({ summary: counts(input), items }, null, 2)}\n`;
  if (format === 'markdown') return markdown(items, summary(input));
  return `${items.map(textItem).join('')}${summary(input)}\n`;
}

function counts({ devices, total }: Preview) {
  return { devices: total, change: devices.length, reboot: devices.filter(({ reboot }) => reboot).length };
}

/** `3 of 212 devices change, 1 would reboot`. */
export function summary(preview: Preview): string {
  const { devices, change, reboot } = counts(preview);
  const what = `${change} of ${devices} devices ${change === 1 ? 'changes' : 'change'}, ${reboot} would reboot`;
  const removed = new Set(removedMacs(preview)).size;
  return removed === 0
    ? what
    : `${what}; the files of ${removed} that ${removed === 1 ? 'is' : 'are'} no longer there go`;
}

function deviceItems({ after, before, entries, changes, devices }: PlanInput): Item[] {
  const byMac = Map.groupBy(changes, ({ audience }) => ('mac' in audience ? audience.mac : undefined));
  const shared = byMac.get(undefined) ?? [];
  return devices.map(({ device, reboot }) => {
    const own = byMac.get(device.mac) ?? [];
    const isNew = own.length > 0 && own.every(({ kind }) => kind === 'added');
    const files = [...own, ...shared.filter(({ audience }) => concerns(audience, device))];
    const known = before.device(device.mac);
    const reasons = isNew ? [] : reasonsFor({ after, entries, device, before: known, files });
    return {
      title: titleOf(device),
      mac: device.mac,
      effect: isNew ? 'new' : reboot ? 'reboot' : 'resync',
      reasons,
      note: isNew || reasons.length > 0 ? undefined : noteFor(files),
      files: own.map(toFile),
    };
  });
}

/** Why files differ although no value of the device does. */
function noteFor(files: readonly FileChange[]): string {
  const strange = files.filter(({ kind, before }) => kind === 'changed' && !before).map(({ path }) => path);
  if (strange.length > 0) return `somebody else wrote ${strange.join(', ')}`;
  const lost = files.filter(({ kind }) => kind === 'added').map(({ path }) => path);
  if (lost.length === files.length) return `not there: ${lost.join(', ')}`;
  const shared = files.filter(({ audience }) => !('mac' in audience)).map(({ path }) => path);
  if (shared.length === files.length) return `it fetches ${shared.join(', ')}, too`;
  return 'none of its values differs: a template, or another file of its vendor, does';
}

function titleOf({ mac, vendor, model, lines }: Device): string {
  const people = lines.map(({ extension, name }) => `${extension} ${name}`).join(', ');
  return `${formatMac(mac)} ${vendor}/${model}${people && ` ${people}`}`;
}

function sharedItems({ changes, after }: PlanInput): Item[] {
  return changes.flatMap((change) => {
    const { audience, path } = change;
    if ('mac' in audience) return [];
    const whose = audience.model ? `${audience.vendor}/${audience.model}` : audience.vendor;
    const count = after.site.devices.filter(
      ({ vendor, model }) => vendor === audience.vendor && (audience.model ?? model) === model,
    ).length;
    const title = `${path}, which every ${whose} fetches (${count} ${count === 1 ? 'device' : 'devices'})`;
    return [{ title, effect: 'shared' as const, reasons: [], files: [toFile(change)] }];
  });
}

const removedMacs = ({ changes, devices }: Preview): Mac[] => {
  const there = new Set(devices.map(({ device }) => device.mac));
  return changes.flatMap(({ audience, kind }) =>
    'mac' in audience && kind === 'removed' && !there.has(audience.mac) ? [audience.mac] : [],
  );
};

function removedItems(input: PlanInput): Item[] {
  return [...new Set(removedMacs(input))].map((mac) => ({
    title: formatMac(mac),
    mac,
    effect: 'removed' as const,
    reasons: [],
    files: input.changes.filter(({ audience }) => 'mac' in audience && audience.mac === mac).map(toFile),
  }));
}

const toFile = (change: FileChange) => ({ path: change.path, kind: change.kind, diff: maskedDiff(change) });

const reasonLine = ({ place, setting, before, after }: Reason): string =>
  `${place} ${setting}: ${before || '(none)'} -> ${after || '(none)'}`;

function textItem({ title, effect, reasons, note, files }: Item): string {
  const head = effect === 'shared' ? `${title}\n` : `${title}: ${effect}\n`;
  const why = reasons.map((reason) => `  ${reasonLine(reason)}\n`).join('');
  const remark = note === undefined ? '' : `  ${note}\n`;
  return `${head}${why}${remark}${joinDiffs(files)}\n`;
}

/** A file that has several names is shown once. */
function joinDiffs(files: Item['files']): string {
  const shown = new Set<string>();
  return files
    .map(({ path, diff }) => {
      const body = diff.replaceAll(path, '');
      if (shown.has(body)) return `(${path}: the same)\n`;
      shown.add(body);
      return diff;
    })
    .join('');
}

/** GitHub takes 65,536 characters in a comment. */
const longest = 60_000;

function markdown(items: readonly Item[], sum: string): string {
  let text = `### offhook plan\n\n**${sum}**\n\n`;
  for (const [index, item] of items.entries()) {
    const next = markdownItem(item);
    if (text.length + next.length > longest)
      return `${text}… and ${items.length - index} more, too long for a comment.\n`;
    text += next;
  }
  return text;
}

function markdownItem({ title, effect, reasons, note, files }: Item): string {
  const head = `<details><summary>${escapeHtml(title)}${effect === 'shared' ? '' : `: <b>${effect}</b>`}</summary>\n\n`;
  const lines = [...reasons.map(reasonLine), ...(note === undefined ? [] : [note])];
  const why = lines.map((line) => `- ${codeSpan(line)}\n`).join('');
  const diff = joinDiffs(files);
  return `${head}${why}${why && '\n'}${diff && fenced(diff)}\n</details>\n\n`;
}

/** A fence longer than any row of backticks in what it holds. */
function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${fence}diff\n${text}${fence}\n`;
}

function codeSpan(text: string): string {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  return ticks.length === 1 ? `\`${text}\`` : `${ticks} ${text} ${ticks}`;
}

const longestTicks = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));

const escapeHtml = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');

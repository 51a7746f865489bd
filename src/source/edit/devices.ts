import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '../../model/edit.ts';
import { type Mac, parseMac } from '../../model/mac.ts';
import { formatPlace, type Place } from '../../problem.ts';
import { lineAndColumn, lineStarts } from '../lines.ts';
import { parseYaml } from '../yaml.ts';
import { type Context, isUnsafe, type Made, patchMapping } from './mapping.ts';
import { addItem, firstItem, newSection, removeItem } from './sequence.ts';
import { spliced } from './text.ts';
import { type Node, type SequenceNode, treeOf } from './tree.ts';
import { asRead, isFields, mergePatch } from './value.ts';

/** A change of one device in `devices:` of a file. */
export type DeviceChange =
  | { readonly kind: 'add'; readonly device: Fields }
  /** A JSON merge patch (RFC 7396) of the entry. */
  | { readonly kind: 'change'; readonly mac: Mac; readonly patch: Fields }
  | { readonly kind: 'remove'; readonly mac: Mac };

/** The new text; or why it is better changed by a person, and where. */
export type EditedText = { readonly text: string } | { readonly refused: Refused };

export interface Refused extends Place {
  /** One sentence, without a secret. */
  readonly message: string;
}

/**
 * Changes a device in the text of a file: comments, order, quotes, line ends, anchors, and every line that the change does
 * not concern stay byte for byte. What the new text says is compared with what it should: what cannot be done without a
 * side effect is refused. Never throws.
 */
export function editDevices(file: string, text: string, wanted: DeviceChange): EditedText {
  const before = parseYaml(file, text);
  const [fault] = before.problems;
  if (fault || !isFields(before.value))
    return refusal(fault ?? { file }, `the file has to be mended first: ${fault?.message ?? 'it is no mapping'}`);
  const tree = treeOf(text);
  const context = { text, tree };
  const starts = lineStarts(text);
  const at = (offset: number): Place => ({ file, ...lineAndColumn(starts, offset) });
  const value: Fields = before.value;
  const change = wanted.kind === 'add' ? { ...wanted, device: spelledLike(value, wanted.device) } : wanted;
  const found = 'mac' in change ? indexOf(value, change.mac) : undefined;
  if (found === undefined && change.kind !== 'add') return refusal({ file }, 'the device is not in this file');
  const made = splicesFor(context, { value, change, index: found ?? -1 });
  if (isUnsafe(made)) return refusal(at(made.at), `cannot be edited here: ${made.reason}; change it in the file`);
  const after = spliced(text, made);
  const expected = { ...value, devices: expectedDevices(value, change, found ?? -1) };
  const read = parseYaml(file, after);
  if (read.problems.length > 0 || !isDeepStrictEqual(asRead(read.value), asRead(expected)))
    return refusal(
      before.locate(['devices', found ?? 0]),
      'cannot be edited here without changing something else; change it in the file',
    );
  return { text: after };
}

const refusal = (place: Place, message: string): EditedText => ({
  refused: { file: place.file, ...(place.line !== undefined && { line: place.line, column: place.column }), message },
});

/** `devices.yml:3:5 cannot be edited here: …`. */
export const refusedText = (refused: Refused): string => `${formatPlace(refused)} ${refused.message}`;

function indexOf(value: Fields, mac: Mac): number | undefined {
  const devices: readonly unknown[] = Array.isArray(value.devices) ? value.devices : [];
  const index = devices.findIndex((device) => isFields(device) && parseMac(String(device.mac)) === mac);
  return index < 0 ? undefined : index;
}

function expectedDevices({ devices }: Fields, change: DeviceChange, index: number): unknown {
  const list: readonly unknown[] = Array.isArray(devices) ? devices : [];
  if (change.kind === 'add') return [...list, change.device];
  if (change.kind === 'remove') return list.toSpliced(index, 1);
  return list.with(index, mergePatch(list[index], change.patch));
}

interface Wanted {
  readonly value: Fields;
  readonly change: DeviceChange;
  readonly index: number;
}

function splicesFor(context: Context, { value, change, index }: Wanted): Made {
  const { root } = context.tree;
  if (root?.kind !== 'mapping')
    return change.kind === 'add' ? [newSection(context.text, 'devices', change.device)] : nowhere;
  const entry = root.entries.find(({ key }) => key.kind === 'scalar' && key.value === 'devices');
  if (change.kind === 'add') {
    if (!entry && root.isFlow)
      return patchMapping(context, root, { patch: { devices: [change.device] }, current: value });
    if (!entry) return [newSection(context.text, 'devices', change.device)];
    if (entry.value.kind === 'scalar') return [firstItem(context, entry, change.device)];
  }
  const list = listOf(entry?.value);
  if (!('items' in list)) return list;
  if (change.kind === 'add') return addItem(context, list, change.device);
  if (change.kind === 'remove') return removeItem(context, list, index);
  const item = list.items[index];
  if (item?.kind === 'alias') return { reason: `the device is an alias of &${item.name}`, at: item.from };
  const current = Array.isArray(value.devices) ? value.devices[index] : undefined;
  if (item?.kind !== 'mapping' || !isFields(current)) return nowhere;
  return patchMapping(context, item, { patch: change.patch, current });
}

const nowhere = { reason: 'the device does not stand here as a mapping', at: 0 } as const;

function listOf(node: Node | undefined): SequenceNode | Extract<Made, { reason: string }> {
  if (node?.kind === 'sequence') return node;
  if (node?.kind === 'alias') return { reason: `the list of devices is an alias of &${node.name}`, at: node.from };
  return { reason: 'devices is no list here', at: node?.from ?? 0 };
}

/** Colons or dashes, upper or lower case: as the MAC before it has them. */
function spelledLike({ devices }: Fields, device: Fields): Fields {
  const last: unknown = Array.isArray(devices) ? devices.at(-1) : undefined;
  const sample = isFields(last) ? String(last.mac) : '';
  const mac = parseMac(String(device.mac));
  if (!mac || !parseMac(sample)) return device;
  const parts = sample.includes('.') ? mac.match(/.{4}/g) : mac.match(/.{2}/g);
  const joined = (parts ?? []).join(/[:.-]/.exec(sample)?.[0] ?? '');
  return { ...device, mac: /[A-F]/.test(sample) ? joined.toUpperCase() : joined };
}

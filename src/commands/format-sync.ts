import { quoted, visible } from '../problem.ts';
import { type PersonFields, personFields } from '../source/people/ldap/mapping.ts';
import type { Synced } from '../sync-directory.ts';

export const syncFormats = ['text', 'json'] as const;
export type SyncFormat = (typeof syncFormats)[number];

/** What a build after the sync would do. */
export interface DevicesChange {
  readonly devices: readonly { readonly title: string; readonly effect: 'resync' | 'reboot' }[];
  readonly total: number;
  /** Why there would be no build. */
  readonly faults: readonly string[];
}

export interface SyncOutput {
  readonly done: readonly Synced[];
  readonly devices?: DevicesChange;
  readonly dryRun: boolean;
}

/** For people, or for a machine. Ends with a line break. */
export function formatSync(output: SyncOutput, format: SyncFormat): string {
  if (format === 'text')
    return `${output.done.map((one) => directoryText(one, output)).join('')}${devicesText(output)}`;
  const directories = output.done.map(({ text, at, ...one }) => ({ ...one, at: new Date(at).toISOString() }));
  return `${JSON.stringify({ dryRun: output.dryRun, directories, devices: output.devices }, null, 2)}\n`;
}

/** `2 renamed, 1 new, 3 gone` */
export function counts({ renamed, changed, renumbered, added, gone }: Synced['difference']): string {
  const all = { renamed, changed, 'with another number': renumbered, new: added, gone };
  const parts = Object.entries(all).flatMap(([word, list]) => (list.length === 0 ? [] : [`${list.length} ${word}`]));
  return parts.length === 0 ? 'nobody changed' : parts.join(', ');
}

/** As many lines of one kind as a person reads. */
const most = 50;

function directoryText(one: Synced, { dryRun }: SyncOutput): string {
  const { into, server, difference, refusal, people, text, written } = one;
  const of = people === undefined ? '' : `, of ${people}`;
  const what = text === undefined ? 'nothing changed' : `${counts(difference)}${of}`;
  const head = `${into} from ${server}: ${what}${written || text === undefined || dryRun ? '' : '; not written'}\n`;
  const refused = refusal === undefined ? '' : `refused: ${refusal}; \`offhook sync --accept\` lets it through\n`;
  const notes = one.notes.map((note) => `note: ${visible(note)}\n`).join('');
  return `${head}${linesOf(difference)}${refused}${notes}`;
}

function linesOf({ renamed, changed, renumbered, added, gone }: Synced['difference']): string {
  return [
    ...some(renamed, 'renamed', ({ number, before, after }) => `${number} ${nameOf(before)} -> ${nameOf(after)}`),
    ...some(changed, 'changed', ({ number, before, after }) => `${number} ${nameOf(after)} ${fieldsOf(before, after)}`),
    ...some(renumbered, 'renumbered', ({ from, number, after }) => `${from} -> ${number} ${nameOf(after)}`),
    ...some(added, 'new', ({ number, after }) => `${number} ${nameOf(after)}`),
    ...some(gone, 'gone', ({ number, before }) => `${number} ${nameOf(before)}`),
  ].join('');
}

function some<T>(list: readonly T[], word: string, line: (one: T) => string): string[] {
  const shown = list.slice(0, most).map((one) => `  ${word} ${line(one)}\n`);
  return list.length <= most ? shown : [...shown, `  ${word} ${list.length - most} more\n`];
}

const nameOf = ({ name }: PersonFields): string => (name === undefined ? '(no name)' : quoted(name));

const fieldsOf = (before: PersonFields, after: PersonFields): string =>
  personFields
    .filter((field) => before[field] !== after[field])
    .map((field) => `${field}: ${before[field] ?? '(none)'} -> ${after[field] ?? '(none)'}`)
    .map(visible)
    .join(', ');

function devicesText({ devices: change }: SyncOutput): string {
  if (!change) return '';
  const { devices, total, faults } = change;
  if (faults.length > 0)
    return `${some(faults, 'fault', (fault) => fault).join('')}the project would have faults, and phones would keep what they have\n`;
  const lines = some(devices, 'device', ({ title, effect }) => `${title}: ${effect}`);
  return `${lines.join('')}${devices.length} of ${total} devices would get other files\n`;
}

import { isFatal, shortened, visible } from '../problem.ts';
import type { Device } from './device.ts';
import type { Fault } from './faults.ts';
import { deviceLayer } from './layers.ts';
import type { People } from './people.ts';
import { firstNumber, groupGiver } from './people-sources.ts';
import type { Report } from './report.ts';
import { type ResolvedDevice, resolveDevice, type Stack } from './resolve-device.ts';
import { sameItems } from './same-items.ts';
import type { RawDevice, RawFile, SourceFile, Sources } from './sources.ts';
import { type Choice, keyOf, noSecrets, type Stacks, secretsOf } from './stacks.ts';

/** What the devices of a site are made from. */
export interface Round extends Omit<People, 'faults'> {
  readonly sources: Sources;
  readonly stacks: Stacks;
}

/** The devices of one file. */
export interface Part {
  readonly raws: RawFile['devices'];
  readonly entries: readonly Entry[];
  /** Those that can be rendered. */
  readonly devices: readonly Device[];
  /** Of those that have the same settings one. */
  readonly kinds: readonly Device[];
  /** Numbers of everybody whom one of them shows. */
  readonly numbers: ReadonlySet<string>;
  /** The stacks that they are on, by what they choose. */
  readonly stacks: ReadonlyMap<Choice, Stack>;
  readonly secretsVersion: number;
  /** Each can be rendered, and there is nothing to say of them. */
  readonly isSound: boolean;
}

/** A device as it was resolved, and from what. */
interface Entry {
  readonly raw: RawDevice;
  /** Its place in the list of its file. */
  readonly index: number;
  readonly choice: Choice;
  readonly stack: Stack;
  readonly secrets: readonly unknown[];
  readonly resolved: ResolvedDevice;
}

/** Whether a file that says the same as the last time comes to the same: its layers and its people are what they were. */
export function holds(part: Part, { content }: SourceFile, round: Round): boolean {
  const { raws, entries, numbers, stacks, isSound } = part;
  if (!isSound || raws !== content.devices) return false;
  for (const [choice, stack] of stacks) if (round.stacks.of(choice).stack !== stack) return false;
  if ([...round.changed, ...round.renamed].some((number) => numbers.has(number))) return false;
  return (
    part.secretsVersion === round.sources.secretsVersion || entries.every((entry) => isSame(entry, entry.stack, round))
  );
}

function isSame({ raw, stack, secrets, resolved }: Entry, now: Stack, { sources, changed, renamed }: Round): boolean {
  return (
    stack === now &&
    (secrets === noSecrets || sameItems(secrets, secretsOf(raw, sources))) &&
    !hasOneOf(resolved.numbers, changed) &&
    !hasOneOf(resolved.watched, renamed)
  );
}

/** Of the devices whose entry, layers and people are the same objects as the last time each stays the same frozen object. */
export function resolvePart({ content }: SourceFile, round: Round, last: Part | undefined): Part {
  const known = new Map(last?.entries.map((entry) => [entry.raw, entry]));
  const raws = content.devices ?? [];
  const entries = raws.flatMap((raw, index): Entry[] => {
    if (!raw) return [];
    const choice = choiceOf(raw, round);
    const { stack } = round.stacks.of(choice);
    const before = known.get(raw);
    // What is wrong may be so because of any other entry, and what it is told to be instead as well.
    if (before && isSame(before, stack, round) && !before.resolved.faults.some(isFatal)) return [{ ...before, index }];
    const secrets = secretsOf(raw, round.sources);
    const resolved = resolveDevice({ raw, group: choice.group, stack, ...round });
    return [{ raw, index, choice, stack, secrets, resolved }];
  });
  const stackOf = ({ choice }: Entry) => round.stacks.of(choice);
  const whole = entries.filter((entry) => stackOf(entry).isSound && !entry.resolved.faults.some(isFatal));
  const choices = new Map(entries.map(({ choice }) => [keyOf(choice), choice]));
  const devices = whole.flatMap(({ resolved }) => resolved.device ?? []);
  return {
    raws: content.devices,
    entries,
    devices,
    kinds: [...new Map(devices.map((device) => [device.settings, device])).values()],
    numbers: new Set(entries.flatMap(({ resolved }) => [...resolved.numbers, ...resolved.watched])),
    secretsVersion: round.sources.secretsVersion,
    stacks: new Map([...choices.values()].map((choice) => [choice, round.stacks.of(choice).stack])),
    isSound: whole.length === raws.length && whole.every(({ resolved }) => resolved.faults.length === 0),
  };
}

/** A device without a group of its own is in that of the person on its first line. */
function choiceOf(raw: RawDevice, { extensions }: Round): Choice {
  const number = raw.group === undefined ? firstNumber(raw) : undefined;
  const group = number === undefined ? undefined : extensions.get(number)?.group;
  return group === undefined ? raw : { vendor: raw.vendor, model: raw.model, group };
}

interface ReportContext {
  readonly file: SourceFile;
  readonly round: Round;
  readonly report: Report;
}

/** Says what is wrong with the devices of a file. */
export function reportPart({ entries }: Part, { file, round, report }: ReportContext): void {
  for (const { raw, index, choice, resolved } of entries) {
    const { layers, faults } = round.stacks.of(choice);
    if (faults.length + resolved.faults.length === 0) continue;
    const own = deviceLayer(raw, file, index);
    for (const fault of faults)
      if (fault.code === 'unknown-group' && raw.group === undefined) reportPersonsGroup(fault, { raw, round, report });
      else report.at(own.place(fault.path), fault);
    for (const fault of resolved.faults) report.fault(fault, [...layers, own]);
  }
}

/** Where the person says it: the device says nothing. */
function reportPersonsGroup(
  fault: Fault,
  { raw, round, report }: { raw: RawDevice; round: Round; report: Report },
): void {
  const giver = groupGiver(round.sources, raw);
  if (!giver) return;
  const { file, number } = giver;
  const name = round.extensions.get(number)?.name ?? number;
  const who = name === number || file.isSealed ? `extension ${number}` : `${visible(shortened(name))} (${number})`;
  const place = file.locate(['extensions', number, 'group']);
  report.at(place, { ...fault, message: `${who} is of an ${fault.message}` });
}

const hasOneOf = (numbers: readonly string[], set: ReadonlySet<string>): boolean =>
  set.size > 0 && numbers.some((number) => set.has(number));

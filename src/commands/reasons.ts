import type { Loaded } from '../load.ts';
import type { Device } from '../model/device.ts';
import { type Entry, explainValue, valuesOf } from '../model/explain.ts';
import type { Mac } from '../model/mac.ts';
import { Secret } from '../model/secret.ts';
import type { Path } from '../model/sources.ts';
import type { Content, FileChange } from '../preview.ts';
import { formatPlace } from '../problem.ts';

/** Why the bytes of a device change: which value of which file. */
export interface Reason {
  /** `lines.1.name`, counted from 1. */
  readonly setting: string;
  /** `extensions.yml:3:14`. */
  readonly place: string;
  /** Dots for a secret. */
  readonly before: string;
  readonly after: string;
}

export interface ReasonInput {
  readonly after: Loaded;
  readonly entries: ReadonlyMap<Mac, Entry>;
  readonly device: Device;
  /** The device as it was; whatever is not known of it gives no reason. */
  readonly before: unknown;
  /** The files that it fetches and that change. */
  readonly files: readonly FileChange[];
}

/** Every value that differs, at the place that says so now. */
export function reasonsFor({ after, entries, device, before, files }: ReasonInput): Reason[] {
  const entry = entries.get(device.mac);
  if (!entry || before === undefined) return [];
  const was = valuesOf(before);
  const is = valuesOf(device);
  const isNewSecret = newSecrets(files);
  const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => {
    const [one, other] = [was.get(name), is.get(name)];
    return one?.value !== other?.value || isNewSecret(at(before, one?.path), at(device, other?.path));
  });
  return names.map((name) => {
    const path = (is.get(name) ?? was.get(name))?.path ?? [];
    const [origin] = explainValue(after.sources, entry, inFiles(path));
    const fallback = entry.file.locate(['devices', entry.index]);
    return {
      setting: counted(name),
      place: formatPlace(origin?.place ?? fallback),
      before: was.get(name)?.value ?? '',
      after: is.get(name)?.value ?? '',
    };
  });
}

/** The settings stand at the top in the files. */
const inFiles = (path: Path): Path => (path[0] === 'settings' ? path.slice(1) : path);

const at = (value: unknown, path: Path = []): unknown =>
  path.reduce<unknown>((inner, step) => (inner instanceof Object ? Reflect.get(inner, step) : undefined), value);

/**
 * Secrets are compared where both are known. Of what was rendered earlier only dots are left: then a secret is new when
 * the files had other secrets before, and not this one among them.
 */
function newSecrets(files: readonly FileChange[]): (was: unknown, is: unknown) => boolean {
  const before = files.flatMap((file) => secretsIn(file.before));
  const isOther = files.some(
    (file) => file.before && secretsIn(file.before).join('\n') !== secretsIn(file.after).join('\n'),
  );
  const known = before.map((text) => new Secret(text));
  return (was, is) => {
    if (!(is instanceof Secret)) return false;
    if (was instanceof Secret) return !was.equals(is);
    return isOther && !known.some((secret) => secret.equals(is));
  };
}

/** As they were before they were escaped for XML. */
const secretsIn = (content: Content | undefined): string[] =>
  content?.secrets.map(({ start, end }) => unescaped(content.bytes.toString('utf8', start, end))) ?? [];

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };
const unescaped = (text: string): string => text.replace(/&([a-z]+|#39);/g, (whole, name) => entities[name] ?? whole);

/** People count lines and keys from 1. */
const counted = (name: string): string =>
  name
    .replace(/^settings\./, '')
    .replace(/^(lines|keys)\.(\d+)/, (_, list: string, index: string) => `${list}.${Number(index) + 1}`);

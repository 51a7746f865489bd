import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reasonsFor } from '../src/commands/reasons.ts';
import { createLoader, type Loaded } from '../src/load.ts';
import type { Device } from '../src/model/device.ts';
import { entriesByMac, explainValue, type Origin, valuesOf } from '../src/model/explain.ts';
import type { Path } from '../src/model/sources.ts';
import { renderAll, repository, shippedFolders } from './support/loading.ts';

const load = (): Promise<Loaded> => createLoader({ dir: repository, shipped: shippedFolders }).load();
const loaded = await load();

describe('the example that is shipped', () => {
  test('has no fault, nor anything to be warned of', () => {
    expect(loaded.problems).toEqual([]);
    expect(renderAll(loaded).problems).toEqual([]);
  });

  test('gives every device a file of its own MAC, and no two files one name', () => {
    const { files } = renderAll(loaded);
    const names = files.map(({ path }) => path.toLowerCase());
    for (const { mac } of loaded.site.devices) expect(names).toContain(`${mac}.cfg`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('gives the same bytes each time', async () => {
    const bytes = ({ files }: ReturnType<typeof renderAll>) =>
      files.map(({ path, bytes }) => [path, bytes.toString('latin1')]);
    const once = bytes(renderAll(loaded));
    expect(once.length).toBeGreaterThan(loaded.site.devices.length);
    expect(bytes(renderAll(loaded))).toEqual(once);
    expect(bytes(renderAll(await load()))).toEqual(once);
  });

  test('stays the same objects when it is loaded again', async () => {
    const loader = createLoader({ dir: repository, shipped: shippedFolders });
    const [first, second] = [await loader.load(), await loader.load()];
    for (const [index, device] of first.site.devices.entries()) expect(second.site.devices[index]).toBe(device);
    expect(second.site.templates).toBe(first.site.templates);
  });
});

const lines = readFileSync(join(repository, 'devices.yml'), 'utf8').split('\n');
const entries = entriesByMac(loaded.sources);
const inFiles = (path: Path): Path => (path[0] === 'settings' ? path.slice(1) : path);

/** Every value of every device, with who says it. */
const explained = loaded.site.devices.flatMap((device) => {
  const entry = entries.get(device.mac);
  if (!entry) throw new Error(`${device.mac} has no entry`);
  return [...valuesOf(device)].map(([name, { path, value }]) => ({
    name: `${device.mac} ${name}`,
    value,
    origins: explainValue(loaded.sources, entry, inFiles(path)),
  }));
});

/** The text that stands at a place, up to the end of its line. */
const textAt = ({ place: { line = 0, column = 0 } }: Origin): string => lines[line - 1]?.slice(column - 1) ?? '';

describe('what is explained of the example', () => {
  test('names, for every value that the file says, the place where it stands', () => {
    const said = explained.filter(({ origins: [first] }) => first?.place.line !== undefined);
    expect(said.length).toBeGreaterThan(150);
    for (const { name, value, origins } of said) {
      const [first] = origins;
      if (!first) continue;
      expect({ name, file: first.place.file }).toEqual({ name, file: 'devices.yml' });
      const text = textAt(first);
      // A line key is there because of its line; a list is held by its first item.
      if (/keys\.\d+\.(type|position|line|value)$/.test(name) && first.layer === 'line') continue;
      if (value === '••••••••')
        expect({ name, text }).toEqual({ name, text: expect.stringMatching(/^\{ (file|env): /) });
      else if (text.startsWith('[')) expect(text.startsWith(`[${value}]`)).toBe(true);
      else if (name.endsWith(' mac')) expect(text.replaceAll(':', '').startsWith(value)).toBe(true);
      else expect({ name, text: text.slice(0, value.length) }).toEqual({ name, text: value });
    }
  });

  test('says of every other value that it is built in, or so by default', () => {
    const others = explained.filter(({ origins: [first] }) => first?.place.line === undefined);
    for (const { origins } of others) expect(['built in', undefined]).toContain(origins[0]?.layer);
    const settings = others.map(({ name }) => name.split(' ')[1]);
    for (const setting of ['settings.dtmf', 'settings.srtp', 'lines.0.sip.expiry', 'sip_port', 'server.protocol'])
      expect(settings).toContain(setting);
  });

  test('gives what was overridden, weaker by weaker', () => {
    const of = (name: string) => explained.find((one) => one.name === name)?.origins.map(({ layer }) => layer);
    expect(of('0002fdff2103 settings.timezone')).toEqual(['device', 'defaults', 'built in']);
    expect(of('001565123456 settings.time_format')).toEqual(['model yealink/t46s', 'built in']);
    expect(of('001565123456 keys.1.label')).toEqual(['extension 1002']);
    expect(of('0004f2abcdef lines.1.label')).toEqual(['line', 'extension 1003']);
  });

  test('is never a password', () => {
    for (const { value, origins } of explained)
      for (const text of [value, ...origins.map((origin) => origin.value)])
        expect(text).not.toMatch(/example-|change-me/i);
  });
});

describe('the reason of a change', () => {
  const [device] = loaded.site.devices;
  if (!device) throw new Error('the example has no device');
  const reasons = (before: unknown) => reasonsFor({ after: loaded, entries, device, before, files: [] });
  const changed = (change: (was: Record<string, unknown>) => void): unknown => {
    const was = { ...device, settings: { ...device.settings } } satisfies Device;
    change(was);
    return was;
  };

  test('names the setting as people count, the place that says it now, and both values', () => {
    const [line] = device.lines;
    const before = changed((was) => Object.assign(was, { lines: [{ ...line, name: 'Ada Byron' }] }));
    expect(reasons(before)).toEqual([
      { setting: 'lines.1.name', place: 'devices.yml:39:19', before: 'Ada Byron', after: 'Ada Lovelace' },
    ]);
  });

  test('of a value that is said no more is the device', () => {
    const before = changed((was) => Object.assign(was, { ip: '192.0.2.7' }));
    expect(reasons(before)).toEqual([{ setting: 'ip', place: 'devices.yml:45:5', before: '192.0.2.7', after: '' }]);
  });

  test('is none when nothing is known of before, and none when nothing differs', () => {
    expect(reasons(undefined)).toEqual([]);
    expect(reasons(device)).toEqual([]);
    expect(reasons(JSON.parse(JSON.stringify(device)))).toEqual([]);
  });
});

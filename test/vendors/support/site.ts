import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SaxesAttributePlain, SaxesParser } from 'saxes';
import { afterAll } from 'vitest';
import { createLoader } from '../../../src/load.ts';
import { needsReboot } from '../../../src/notify/event.ts';
import { isFatal } from '../../../src/problem.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const shipped = { schema: join(root, 'schema'), templates: join(root, 'templates') };

/** What a devices.yml becomes with the shipped vendors: the text of each file by its name, and the problems in words. */
export interface RenderedSite {
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** A project of its own for one file of tests; each call gives it another devices.yml. */
export function createProject() {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-vendor-'));
  const loader = createLoader({ dir, shipped });
  afterAll(() => rmSync(dir, { recursive: true }));

  async function renderSite(devices: string): Promise<RenderedSite> {
    writeFileSync(join(dir, 'devices.yml'), devices);
    const { site, rendering, problems } = await loader.load();
    if (problems.some(isFatal)) return { files: new Map(), problems: problems.map(({ message }) => message) };
    const rendered = [rendering.shared(), ...site.devices.map(rendering.device)];
    const all = [...problems, ...rendered.flatMap((part) => part.problems)];
    const files = rendered.flatMap((part) => part.files);
    return {
      files: new Map(files.map(({ path, bytes }) => [path, bytes.toString()])),
      // Attacks are longer than names.
      problems: all.flatMap(({ code, message }) => (code === 'cut-label' ? [] : message)),
    };
  }

  /** The one file of that name, where the site has no problem. */
  async function renderFile(name: string, devices: string): Promise<string> {
    const { files, problems } = await renderSite(devices);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    const text = files.get(name);
    if (text === undefined) throw new Error(`no ${name} among ${[...files.keys()].join(', ')}`);
    return text;
  }

  /** The Event header that takes a device from one devices.yml to another. */
  async function eventBetween(vendor: string, before: string, after: string): Promise<string> {
    const [first, second] = [await renderSite(before), await renderSite(after)];
    const changes = [...second.files].map(([name, text]) => ({ before: first.files.get(name), after: text }));
    const found = (await loader.load()).site.vendors.get(vendor);
    if (!found) throw new Error(`no vendor ${vendor}`);
    const [event] = found.notify[needsReboot(found.reboot_when, changes) ? 'reboot' : 'resync'];
    return event?.event ?? '';
  }

  return { renderSite, renderFile, eventBetween };
}

/** As a phone reads XML: the text of each element that has no children and every attribute, by name; the last of two counts. */
export function readXml(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const open: { text: string; leaf: boolean }[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ attributes }) => {
    const parent = open.at(-1);
    if (parent) parent.leaf = false;
    open.push({ text: '', leaf: true });
    for (const [name, value] of Object.entries(attributes)) values.set(name, textOf(value));
  });
  parser.on('text', (piece) => {
    const element = open.at(-1);
    if (element) element.text += piece;
  });
  parser.on('closetag', ({ name }) => {
    const element = open.pop();
    if (element?.leaf) values.set(name, element.text);
  });
  parser.write(text).close();
  return values;
}

const textOf = (value: string | SaxesAttributePlain | { value: string }): string =>
  typeof value === 'string' ? value : value.value;

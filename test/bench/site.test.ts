import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { type SiteOptions, writeSite } from '../../bench/site.ts';
import { createLoader } from '../../src/load.ts';
import { createVendorReader } from '../../src/source/vendors.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shipped = { schema: join(root, 'schema'), templates: join(root, 'templates') };
const { vendors } = createVendorReader(shipped)();
const models = [...vendors.values()].reduce((sum, vendor) => sum + vendor.models.size, 0);
const folders: string[] = [];
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true });
});

/** A project of some devices for each model in ten files. */
async function generated(options: Partial<SiteOptions> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-bench-site-'));
  folders.push(dir);
  const made = writeSite({ dir, vendors, devices: models * 5, files: 10, ...options });
  const loader = createLoader({ dir, shipped });
  return { dir, made, loader, ...(await loader.load()) };
}

it('makes a site without a fault, in as many files as asked for', async () => {
  const { dir, site, problems, rendering } = await generated();
  expect(problems).toEqual([]);
  expect(site.devices).toHaveLength(models * 5);
  expect(readdirSync(join(dir, 'sites'))).toHaveLength(10);
  expect([rendering.shared(), ...site.devices.map(rendering.device)].flatMap((part) => part.problems)).toEqual([]);
});

it('takes every model of every vendor, and gives each device six keys where it has room, BLF among them', async () => {
  const { site } = await generated();
  expect(new Set(site.devices.map(({ vendor, model }) => `${vendor}/${model}`)).size).toBe(models);
  for (const { vendor, model, keys } of site.devices) {
    const { keys: room, line_keys, key_types } = vendors.get(vendor)!.models.get(model)!;
    const lines = line_keys === 'shared' ? 1 : 0;
    expect(keys).toHaveLength(Math.min(6 + lines, room));
    expect(keys.some(({ type }) => type === 'blf')).toBe(key_types.includes('blf') && room > lines);
  }
});

it('makes the same bytes of the same options', async () => {
  const [one, other] = [await generated(), await generated()];
  for (const name of readdirSync(one.dir, { recursive: true, encoding: 'utf8' }).filter((path) => /yml$/.test(path)))
    expect(readFileSync(join(one.dir, name), 'utf8')).toBe(readFileSync(join(other.dir, name), 'utf8'));
});

it('gives the text of one file with another name, which changes the device that listens and those that watch it', async () => {
  const phone = { address: '127.0.0.1', port: 5099 };
  const { dir, made, loader, site } = await generated({ phone });
  writeFileSync(join(dir, made.path), made.textWith('Somebody Else'));
  const after = await loader.load();
  expect(after.problems).toEqual([]);
  const changed = after.site.devices.filter((device, index) => device !== site.devices[index]);
  expect(changed.find(({ ip, sip_port }) => ip === phone.address && sip_port === phone.port)?.lines[0]).toMatchObject({
    extension: made.number,
    name: 'Somebody Else',
  });
  expect(changed.length).toBeLessThanOrEqual(4);
});

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { manifestText, parseManifest } from '../../src/model/manifest.ts';
import { type ManifestOptions, readManifest, writeManifest } from '../../src/output/manifest.ts';
import { openOutFolder } from '../../src/output/out-folder.ts';
import { createFolder, fileOf, publicKey, put, secretKey } from './folder.ts';

const newFolder = () => createFolder(afterAll);
const files = [fileOf('y0.cfg', 'common'), fileOf('001565000001.cfg', 'one'), fileOf('001565000001.boot', 'boot')];
const write = (out: string, options: Partial<ManifestOptions> = {}) =>
  writeManifest({ out, files, revisionOf: (mac) => `${mac.slice(-4)}ab`, prefixes: [], ...options });
const textIn = (folder: string) => readFileSync(join(folder, 'manifest.json'), 'utf8');

describe('a manifest', () => {
  it('names every file of the build with size and hash, and the device with its revision', async () => {
    const out = newFolder();
    await write(out, { prefixes: ['phones'] });
    expect(JSON.parse(textIn(out))).toEqual({
      version: 1,
      files: [
        { path: '001565000001.boot', size: 4, sha256: files[2]?.hash, device: '001565000001', revision: '0001ab' },
        { path: '001565000001.cfg', size: 3, sha256: files[1]?.hash, device: '001565000001', revision: '0001ab' },
        { path: 'y0.cfg', size: 6, sha256: files[0]?.hash },
      ],
      prefixes: ['phones'],
    });
    expect(await readManifest(out)).toMatchObject({ files: { length: 3 }, prefixes: ['phones'], isSigned: false });
  });

  it('is the same text whatever the order of the files, a line for each, for its owner alone', async () => {
    const [one, other] = [newFolder(), newFolder()];
    await write(one);
    await write(other, { files: files.toReversed() });
    expect(textIn(one)).toBe(textIn(other));
    expect(textIn(one).split('\n')).toHaveLength(files.length + 3);
    expect(statSync(join(one, 'manifest.json')).mode & 0o777).toBe(0o600);
  });

  it('of no file at all is one, too', async () => {
    const out = newFolder();
    await write(out, { files: [] });
    expect(await readManifest(out)).toMatchObject({ files: [] });
  });

  it('stays as it is while it says the same, with its signature; another key signs it again', async () => {
    const out = newFolder();
    const signed = { key: secretKey, now: 1_700_000_000_000 };
    expect(await write(out, signed)).toBe('written');
    const before = readFileSync(join(out, 'manifest.json.minisig'), 'utf8');
    expect(await write(out, { ...signed, now: 1_800_000_000_000 })).toBe('unchanged');
    expect(await write(out)).toBe('unchanged');
    expect(readFileSync(join(out, 'manifest.json.minisig'), 'utf8')).toBe(before);
    expect(await write(out, { key: { ...secretKey, id: Buffer.alloc(8) } })).toBe('written');
    await expect(readManifest(out, publicKey)).rejects.toThrow(/manifest\.json: it is signed with another key/);
  });

  it('that changes without a key loses its signature, and leaves nothing else behind', async () => {
    const out = newFolder();
    await write(out, { key: secretKey });
    await write(out, { files: files.slice(1) });
    expect(readdirSync(out)).toEqual(['manifest.json']);
  });

  it('of somebody else is neither overwritten nor removed', async () => {
    const out = newFolder();
    put(out, { 'manifest.json': '{"name":"a web page"}' });
    await expect(write(out)).rejects.toThrow(/manifest\.json is not offhook's: move it away/);
    await build(out, { 'a.cfg': 'a' });
    expect(textIn(out)).toBe('{"name":"a web page"}');
  });

  it('is read with a key only if its signature holds', async () => {
    const out = newFolder();
    await expect(readManifest(out, publicKey)).rejects.toThrow('manifest.json cannot be read: it is not there');
    await write(out);
    await expect(readManifest(out, publicKey)).rejects.toThrow(/is not signed: manifest\.json\.minisig is missing/);
    await write(out, { files: files.slice(1), key: secretKey, now: 1_700_000_000_000 });
    expect((await readManifest(out, publicKey)).trustedComment).toMatch(/^timestamp:1700000000\t/);
    put(out, { 'manifest.json': textIn(out).replace('"size":3', '"size":4') });
    await expect(readManifest(out, publicKey)).rejects.toThrow(/signature does not hold/);
  });
});

/** A build of these files and no others. */
async function build(out: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const folder = openOutFolder(out, [], { put: () => {}, remove: () => {} });
  const stage = folder.begin();
  for (const [name, text] of Object.entries(texts)) stage.put(fileOf(name, text));
  await stage.commit();
}

describe('a build', () => {
  it('takes the manifest away before it changes a file, and leaves it when nothing changes', async () => {
    const out = newFolder();
    await build(out, { 'a.cfg': 'a' });
    await write(out, { key: secretKey });
    await build(out, { 'a.cfg': 'a' });
    expect(existsSync(join(out, 'manifest.json'))).toBe(true);
    await build(out, { 'a.cfg': 'b' });
    expect(readdirSync(out)).toEqual(['a.cfg']);
  });

  it('refuses a template that makes a file of the manifest’s name', async () => {
    await expect(build(newFolder(), { 'Manifest.JSON': 'x' })).rejects.toThrow(/offhook's own name/);
  });
});

describe('the text of a manifest', () => {
  const sha256 = 'a'.repeat(64);
  const text = (file: object) => JSON.stringify({ version: 1, files: [{ path: 'a', size: 1, sha256, ...file }] });

  it.each([
    ['a path with a folder', { path: 'a/b' }],
    ['a path that climbs', { path: '..' }],
    ['a dot file', { path: '.ssh' }],
    ['a path with NUL', { path: 'a\0' }],
    ['the manifest itself', { path: 'MANIFEST.json' }],
    ['a size that is none', { size: -1 }],
    ['a size beyond all', { size: 1e300 }],
    ['a hash that is none', { sha256: 'x' }],
    ['a device that is none', { device: '000000000000' }],
    ['a revision that is none', { revision: '<b>' }],
  ])('is refused for %s', (_, file) => {
    expect(parseManifest(text({})).files).toHaveLength(1);
    expect(() => parseManifest(text(file))).toThrow('its file 1 is not of the right form');
  });

  it('is refused for a name twice, an unknown version, other JSON, and what is cut off', () => {
    const file = { path: 'a', size: 1, sha256 };
    const twice = JSON.stringify({ version: 1, files: [file, { ...file, path: 'A' }] });
    expect(() => parseManifest(twice)).toThrow('it names "A" twice');
    expect(() => parseManifest('{"version":2}')).toThrow('it is of version 2; this offhook knows version 1');
    for (const other of ['null', '[]', '"x"', '{}']) expect(() => parseManifest(other)).toThrow(/version/);
    expect(() => parseManifest(twice.slice(0, -1))).toThrow('it is no JSON, or cut off');
  });

  it('reads back what was written, and no text ends more than its reading', () => {
    const name = fc.stringMatching(/^[a-z0-9_é'"&<-][a-z0-9_.é'"&<-]{0,20}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.nat(), (names, size) => {
        const files = names.sort().map((path) => ({ path, size, sha256, device: undefined, revision: undefined }));
        expect(parseManifest([...manifestText(files, [])].join('')).files).toEqual(files);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(() => parseManifest(json)).toThrow(Error);
      }),
    );
  });
});

import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLookup, type LookupOptions } from '../../src/serving/lookup.ts';
import { isRefusal, type Lookup, type Served } from '../../src/serving/served.ts';
import { asNobody } from './support/nobody.ts';
import { createOut, type Out, sha256 } from './support/out.ts';

const mac = '001565123456';
let out: Out;
let lookup: Lookup;

const create = (options: Partial<LookupOptions> = {}) =>
  createLookup({
    out: out.folder,
    index: () => out.index,
    revisionOf: (device) => `revision of ${device}`,
    ...options,
  });

beforeEach(async () => {
  out = await createOut();
  lookup = create();
});
afterEach(() => out.remove());

const served = async (path: string): Promise<Served> => {
  const answer = await lookup(path);
  if (isRefusal(answer)) throw new Error(`${path} is refused: ${answer.status} ${answer.reason}`);
  return answer;
};
const text = async (path: string): Promise<string> => {
  const { bytes, open } = await served(path);
  if (bytes !== undefined) return bytes.toString();
  const handle = await open!();
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
};
const status = async (path: string) => {
  const answer = await lookup(path);
  return isRefusal(answer) ? answer.status : 200;
};

describe('a file of the build', () => {
  test('is found in any case and under any prefix, with its hash, device and revision', async () => {
    await out.build('cfg001565123456.xml', 'bytes', mac);
    const answer = await served('/Provision/CFG001565123456.XML');
    expect(answer).toMatchObject({ file: 'cfg001565123456.xml', size: 5, hash: sha256('bytes'), device: mac });
    expect(answer.revision).toBe(`revision of ${mac}`);
    expect(answer.bytes?.toString()).toBe('bytes');
    expect(answer.modified.getTime()).toBeGreaterThan(0);
  });

  test('is found under a prefix of the site as soon as the site has it', async () => {
    await out.build('a.cfg', 'bytes', mac);
    const prefixes: string[] = [];
    lookup = create({ prefixes: () => prefixes });
    expect(await status('/phones/north/a.cfg')).toBe(404);
    prefixes.push('/phones/north/');
    expect(await text('/Phones/north/a.cfg')).toBe('bytes');
  });

  test('is spelt on disk as the phone asks for it, whatever case it is asked in', async () => {
    await out.build('SEP001565123456.cnf.xml', 'upper', mac);
    expect((await served('sep00:15:65:12:34:56.cnf.xml')).file).toBe('SEP001565123456.cnf.xml');
  });

  test('for all devices of a model has the device of its path, or none', async () => {
    await out.build('y000000000066.cfg', 'common');
    expect((await served('y000000000066.cfg')).device).toBeUndefined();
    expect((await served('y000000000066.cfg')).revision).toBeUndefined();
  });

  test('is read once however many ask at once, and again when the index has another hash', async () => {
    await out.build('a.cfg', 'one', mac);
    const answers = await Promise.all(Array.from({ length: 50 }, () => served('a.cfg')));
    expect(new Set(answers.map(({ bytes }) => bytes)).size).toBe(1);
    await out.put('a.cfg', 'not of this build');
    expect(await text('a.cfg')).toBe('one');
    await out.build('a.cfg', 'two', mac);
    expect(await text('a.cfg')).toBe('two');
  });

  test('is served under its own hash, and without revision, while a build is being written', async () => {
    await out.build('a.cfg', 'old', mac);
    await out.put('a.cfg', 'new');
    const answer = await served('a.cfg');
    expect(answer).toMatchObject({ hash: sha256('new'), size: 3, device: mac });
    expect(answer.revision).toBeUndefined();
    await out.put('a.cfg', 'old');
    expect((await served('a.cfg')).hash).toBe(sha256('old'));
  });

  test('that has vanished from the disk is a 503 with the reason', async () => {
    const { path } = await out.build('a.cfg', 'bytes', mac);
    await rm(join(out.folder, path));
    expect(await lookup('a.cfg')).toMatchObject({
      status: 503,
      file: 'a.cfg',
      reason: expect.stringContaining('not on disk'),
    });
  });

  test('that became a link out of out/ is refused', async () => {
    await out.build('a.cfg', 'bytes', mac);
    await rm(join(out.folder, 'a.cfg'));
    await symlink('/etc/passwd', join(out.folder, 'a.cfg'));
    expect(await status('a.cfg')).toBe(403);
  });

  test('does not make the cache larger than its bound', async () => {
    lookup = create({ cache: 100_000 });
    const files = Array.from({ length: 60 }, (_, i) => `${i}.cfg`);
    for (const file of files) await out.build(file, `${file} ${'x'.repeat(9_000)}`);
    const first = await Promise.all(files.map(served));
    expect(first.every(({ bytes }, i) => bytes?.toString().startsWith(`${i}.cfg `))).toBe(true);
    const again = await Promise.all(files.map(served));
    const kept = again.filter(({ bytes }, i) => bytes === first[i]!.bytes).length;
    expect(kept).toBeLessThanOrEqual(10);
  });
});

describe('a file that people put beside them', () => {
  test('is opened, in a sub folder, too, without hash', async () => {
    await out.put('rings/bell.wav', 'ding');
    const answer = await served('/rings/bell.wav');
    expect(answer).toMatchObject({ file: 'rings/bell.wav', size: 4 });
    expect(answer.hash).toBeUndefined();
    expect(answer.bytes).toBeUndefined();
    expect(await text('/provision/rings/bell.wav')).toBe('ding');
  });

  test('is found in any case, the case that was asked for first', async () => {
    await out.put('Rings/Élan.WAV', 'mixed');
    await out.put('T46S.rom', 'upper');
    await out.put('t46s.rom', 'lower');
    expect(await text('/rings/élan.wav')).toBe('mixed');
    expect(await text('/RINGS/%C3%89LAN.WAV')).toBe('mixed');
    expect(await text('/T46S.rom')).toBe('upper');
    expect(await text('/t46S.ROM')).toBe('lower');
  });

  test('is found in every case soon after it appeared', async () => {
    expect(await status('/bell.wav')).toBe(404);
    await out.put('Bell.WAV', 'ding');
    expect(await text('/Bell.WAV')).toBe('ding');
    await expect.poll(() => status('/bell.wav'), { timeout: 10_000 }).toBe(200);
  });

  test('has the device of its name', async () => {
    await out.put('001565123456-directory.xml', '<directory/>');
    expect((await served('00:15:65:12:34:56-directory.xml')).device).toBe(mac);
  });

  test('is served through a link that stays in out/', async () => {
    await out.put('firmware/1.2.rom', 'rom');
    await symlink('firmware/1.2.rom', join(out.folder, 'current.rom'));
    await symlink('firmware', join(out.folder, 'latest'));
    expect(await text('/current.rom')).toBe('rom');
    expect(await text('/latest/1.2.rom')).toBe('rom');
  });

  test('is found when out/ itself is a link', async () => {
    await out.put('a.wav', 'ding');
    await symlink(out.folder, join(out.around, 'live'));
    lookup = create({ out: join(out.around, 'live') });
    expect(await text('/A.wav')).toBe('ding');
  });

  test('may be replaced between the look and the opening', async () => {
    await out.put('a.rom', 'one');
    const { open } = await served('/a.rom');
    await out.put('a.rom', 'two');
    const handle = await open!();
    expect(await handle.readFile('utf8')).toBe('two');
    await handle.close();
  });
});

describe('nothing outside out/', () => {
  beforeEach(() => writeFile(join(out.around, 'secret'), 'outside'));

  test('is served through links, to files or to folders, direct or by way of others', async () => {
    await mkdir(join(out.folder, 'sub'));
    await symlink('../secret', join(out.folder, 'file'));
    await symlink('..', join(out.folder, 'folder'));
    await symlink('/', join(out.folder, 'sub', 'root'));
    await symlink('file', join(out.folder, 'indirect'));
    for (const path of ['/file', '/folder/secret', '/sub/root/etc/passwd', '/indirect', '/Sub/Root/etc/hosts'])
      expect(await status(path), path).toBe(403);
  });

  test('is served through a folder whose name begins with that of out/', async () => {
    await mkdir(join(out.around, 'out-of-reach'));
    await writeFile(join(out.around, 'out-of-reach', 'a'), 'outside');
    await symlink('../out-of-reach/a', join(out.folder, 'a'));
    expect(await status('/a')).toBe(403);
  });

  test('is served when the file became a link after the look', async () => {
    await out.put('a.rom', 'inside');
    const { open } = await served('/a.rom');
    await rm(join(out.folder, 'a.rom'));
    await symlink('../secret', join(out.folder, 'a.rom'));
    await expect(open!()).rejects.toMatchObject({ status: 403 });
  });

  test('and no dot file, not through a link either', async () => {
    await out.put('.env', 'SECRET=1');
    await symlink('.env', join(out.folder, 'env'));
    expect(await status('/.env')).toBe(403);
    expect(await status('/env')).toBe(403);
  });
});

describe('what is no readable file', () => {
  test('folders, pipes, sockets, devices and looping links are refused, and none of them is waited for', async () => {
    await mkdir(join(out.folder, 'folder.d'));
    execFileSync('mkfifo', [join(out.folder, 'pipe')]);
    const server = createServer().listen(join(out.folder, 'socket'));
    await symlink('loop', join(out.folder, 'loop'));
    await symlink('nowhere', join(out.folder, 'dangling'));
    expect(
      await Promise.all(['/folder.d', '/pipe', '/socket', '/loop', '/dangling', '/folder.d/x', '/pipe/x'].map(status)),
    ).toEqual([404, 404, 403, 403, 404, 404, 404]);
    server.close();
  });

  test.skipIf(process.platform === 'win32')('a file that may not be read is a 403 with the reason', async () => {
    await chmod(await out.put('locked.wav', 'x'), 0);
    const answer = await asNobody(async () => lookup('/locked.wav'));
    expect(answer).toMatchObject({ status: 403, reason: expect.stringContaining('EACCES') });
  });

  test('a missing out/ is a 404, not a fault', async () => {
    lookup = create({ out: join(out.around, 'nowhere') });
    expect(await status('/a.wav')).toBe(404);
  });

  test('a path with a placeholder that was not filled in says so', async () => {
    expect(await lookup('/{mac}.cfg')).toMatchObject({ status: 404, reason: expect.stringContaining('{mac}') });
    expect(await lookup('/001565123456.boot')).toMatchObject({ status: 404, device: mac });
  });

  test('a fault in a function that was handed in is a 500', async () => {
    await out.build('a.cfg', 'x', mac);
    lookup = create({
      revisionOf: () => {
        throw new Error('broken');
      },
    });
    expect(await lookup('/a.cfg')).toMatchObject({ status: 500, reason: expect.stringContaining('broken') });
  });
});

test('a file that is renamed over again and again is always served whole', async () => {
  const versions = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(5000));
  await out.build('a.cfg', versions[0]!, mac);
  const writing = (async () => {
    for (const version of versions) {
      const other = join(out.around, 'new');
      await writeFile(other, version);
      await rename(other, join(out.folder, 'a.cfg'));
    }
  })();
  for (let i = 0; i < 100; i++) {
    const { bytes, hash } = await served('/a.cfg');
    expect(versions).toContain(bytes?.toString());
    expect(hash).toBe(sha256(bytes!));
  }
  await writing;
});

test('a hard link beside it is the same file and is served', async () => {
  await out.put('a.wav', 'ding');
  await link(join(out.folder, 'a.wav'), join(out.folder, 'b.wav'));
  expect(await text('/b.wav')).toBe('ding');
});

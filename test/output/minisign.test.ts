import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createPrehash, sign, timestampOf, trustedCommentFor, verify } from '../../src/output/minisign.ts';
import { openSecretKey, parsePublicKey } from '../../src/output/minisign-key.ts';
import { peer } from '../support/peer.ts';

// A key of these tests and of nothing else, made by minisign 0.11 with -W, and with the password `open sesame` where
// there were 200 MB of memory.
const publicText = `untrusted comment: minisign public key CA9A927991087EF5
RWT1fgiReZKaypl3p6pjos3zTjXiTB1gn7ZcZyHBrtIxLsjb3yuGjdyi
`;
const secretText = `untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9X4IkXmSmsrFdILg2XKWBZi/iLb/+dWquwdakQt0il29yVsuE6uQQJl3p6pjos3zTjXiTB1gn7ZcZyHBrtIxLsjb3yuGjdyiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;
const file = Buffer.from('{"version":1,"files":[]}\n');

const minisign = peer('minisign', 'minisign');
const folder = mkdtempSync(join(tmpdir(), 'offhook-minisign-'));
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
afterAll(() => rmSync(folder, { recursive: true }));

async function signed(bytes: Buffer, comment = trustedCommentFor('manifest.json', 1_700_000_000_000)): Promise<string> {
  return sign(createPrehash().update(bytes).digest(), await openSecretKey(secretText), comment);
}

describe('a signature', () => {
  it('holds for the file that it was made of, and answers its trusted comment', async () => {
    const comment = verify(file, await signed(file), parsePublicKey(publicText));
    expect(comment).toBe('timestamp:1700000000\tfile:manifest.json\thashed');
    expect(timestampOf(comment)).toBe(1_700_000_000);
  });

  it('takes the line of a public key without its comment, and with the line ends of Windows', async () => {
    const text = await signed(file);
    const [, line = ''] = publicText.split('\n');
    expect(verify(file, text, parsePublicKey(line))).toContain('timestamp');
    expect(verify(file, text.replaceAll('\n', '\r\n'), parsePublicKey(publicText.replaceAll('\n', '\r\n')))).toContain(
      'timestamp',
    );
  });

  it('does not hold for a changed byte or a file that is cut off', async () => {
    const text = await signed(file);
    const key = parsePublicKey(publicText);
    const changed = Buffer.from(file);
    changed[3]! ^= 1;
    for (const other of [changed, file.subarray(0, -1), Buffer.alloc(0)])
      expect(() => verify(other, text, key)).toThrow(/signature does not hold: the file was changed, or cut off/);
  });

  it('is refused when its trusted comment is forged', async () => {
    const text = (await signed(file)).replace('timestamp:17', 'timestamp:18');
    expect(() => verify(file, text, parsePublicKey(publicText))).toThrow(/trusted comment of its signature is forged/);
  });

  it('is refused when it is cut off anywhere, whatever is changed in it, and whatever else stands there', async () => {
    const text = await signed(file);
    const key = parsePublicKey(publicText);
    // Only the last line break may be missing.
    for (let length = 0; length < text.length - 1; length++)
      expect(() => verify(file, text.slice(0, length), key), `${length}`).toThrow(/none of minisign|forged/);
    const signedPart = text.indexOf('\n') + 1;
    fc.assert(
      fc.property(
        fc.integer({ min: signedPart, max: text.length - 2 }),
        fc.integer({ min: 33, max: 126 }),
        (at, code) => {
          const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
          if (changed !== text) expect(() => verify(file, changed, key)).toThrow();
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (other) => {
        expect(() => verify(file, other, key)).toThrow();
      }),
    );
  });
});

describe('a key', () => {
  it.each(['', 'RW', 'hello', `${publicText}${publicText}`, publicText.slice(0, -5), secretText])(
    'is refused in a sentence when it is none: %j',
    (text) => {
      expect(() => parsePublicKey(text)).toThrow(/no public key of minisign/);
    },
  );

  it('of the secret kind is refused when it is none, or damaged', async () => {
    for (const text of ['', publicText, secretText.slice(0, -20)])
      await expect(openSecretKey(text)).rejects.toThrow(/no secret key of minisign/);
    const damaged = secretText.replace('LI9l29yV', 'LI9l29yW').replace('0il29', '0il28');
    await expect(openSecretKey(damaged)).rejects.toThrow(/two halves do not belong together/);
  });

  it('that wants absurd work to be opened is refused', async () => {
    const bytes = Buffer.from(secretText.split('\n')[1] ?? '', 'base64');
    bytes.write('Sc', 2);
    bytes.writeBigUInt64LE(2n ** 40n, 38);
    bytes.writeBigUInt64LE(2n ** 50n, 46);
    await expect(openSecretKey(`x\n${bytes.toString('base64')}`, 'x')).rejects.toThrow(/more work than minisign ever/);
  });
});

describe.skipIf(minisign.missing)(`beside the real program (${minisign.sentence})`, () => {
  const run = (...args: string[]) => spawnSync('minisign', args, { cwd: folder, encoding: 'utf8' });
  const check = (name: string) => run('-V', '-p', 'key.pub', '-m', name);

  it('what we sign it verifies, and what we refuse it refuses', async () => {
    writeFileSync(at('key.pub'), publicText);
    writeFileSync(at('ours'), file);
    writeFileSync(at('ours.minisig'), await signed(file));
    expect(check('ours')).toMatchObject({ status: 0, stdout: expect.stringContaining('file:manifest.json') });
    writeFileSync(at('ours'), `${file} `);
    expect(check('ours').status).toBe(1);
    writeFileSync(at('ours'), file);
    writeFileSync(at('ours.minisig'), (await signed(file)).replace('timestamp:17', 'timestamp:18'));
    expect(check('ours').status).toBe(1);
  });

  it('what it signs we verify, the older kind of signature, too', () => {
    writeFileSync(at('secret.key'), secretText);
    writeFileSync(at('theirs'), file);
    expect(run('-S', '-s', 'secret.key', '-m', 'theirs', '-t', 'from the build host').status).toBe(0);
    expect(verify(file, read('theirs.minisig'), parsePublicKey(publicText))).toBe('from the build host');
    expect(run('-S', '-l', '-s', 'secret.key', '-m', 'theirs', '-x', 'older').status).toBe(0);
    expect(verify(file, read('older'), parsePublicKey(publicText))).toContain('file:theirs');
    expect(() => verify(Buffer.from('other'), read('older'), parsePublicKey(publicText))).toThrow(/does not hold/);
  });

  it('a key of its own is another one, and is named', () => {
    expect(run('-G', '-W', '-p', 'other.pub', '-s', 'other.key').status).toBe(0);
    expect(run('-S', '-s', 'other.key', '-m', 'theirs', '-x', 'wrong').status).toBe(0);
    expect(() => verify(file, read('wrong'), parsePublicKey(publicText))).toThrow(
      /signed with another key: [0-9A-F]{16} instead of CA9A927991087EF5/,
    );
    const forged = read('wrong').replace(/(?<=\n)RU.{11}/, read('theirs.minisig').match(/(?<=\n)RU.{11}/)?.[0] ?? '');
    expect(() => verify(file, forged, parsePublicKey(publicText))).toThrow();
  });

  it('a key that it locked opens with the password and with no other', async () => {
    // Little memory makes it lock with less work, by the other way of reckoning.
    execFileSync('bash', ['-c', 'ulimit -v 100000; minisign -G -p locked.pub -s locked.key'], {
      cwd: folder,
      input: 'open sesame\nopen sesame\n',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await expect(openSecretKey(read('locked.key'))).rejects.toThrow(/locked with a password, and none is given/);
    await expect(openSecretKey(read('locked.key'), 'open sesam')).rejects.toThrow(/does not open the secret key/);
    const key = await openSecretKey(read('locked.key'), 'open sesame');
    writeFileSync(at('locked'), file);
    writeFileSync(at('locked.minisig'), sign(createPrehash().update(file).digest(), key, 'x'));
    expect(run('-V', '-p', 'locked.pub', '-m', 'locked').status).toBe(0);
  });
});

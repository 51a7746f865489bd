import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Span } from '../../src/model/file.ts';
import { Secret } from '../../src/model/secret.ts';
import { cutSecrets, fillSecrets, type Marked } from '../../src/render/cut.ts';

/** `a = [geheim]` with the secrets in brackets, which are taken out. */
function marked(text: string): Marked {
  const secrets: Span[] = [];
  let plain = '';
  for (const part of text.split(/(\[[^\]]*\])/)) {
    const secret = /^\[(.*)\]$/s.exec(part)?.[1];
    const start = Buffer.byteLength(plain);
    plain += secret ?? part;
    if (secret !== undefined) secrets.push({ start, end: Buffer.byteLength(plain) });
  }
  return { bytes: Buffer.from(plain), secrets };
}

const named = (secrets: Readonly<Record<string, string>>) =>
  new Map(Object.entries(secrets).map(([name, text]) => [name, new Secret(text)]));

const textOf = (filled: ReturnType<typeof fillSecrets>) => ('file' in filled ? filled.file.bytes.toString() : filled);

test('a file is cut and filled with the secrets of today, by their names', () => {
  const cut = cutSecrets(marked('name = Zoë\nauth = [one]\nadmin = [two]\n'), [
    named({ 'password of 1001': 'one', admin_password: 'two' }),
  ]);
  expect(cut.text.toString()).toBe('name = Zoë\nauth = \nadmin = \n');
  expect(cut.gaps.map(({ names }) => names)).toEqual([['password of 1001'], ['admin_password']]);
  const filled = fillSecrets(cut, named({ admin_password: 'new & long', 'password of 1001': 'one' }));
  expect(filled).toEqual({ file: marked('name = Zoë\nauth = [one]\nadmin = [new & long]\n') });
});

test('in XML a secret is known, and put in, as it is escaped', () => {
  const cut = cutSecrets(marked('<a b="[x&amp;y]"/>'), [named({ admin_password: 'x&y' })]);
  expect(textOf(fillSecrets(cut, named({ admin_password: '"<' })))).toBe('<a b="&quot;&lt;"/>');
});

test('a token within an address is known', () => {
  const cut = cutSecrets(marked('url = [http://pbx/t/abcdefgh1234/]\n'), [named({ 'access.token': 'abcdefgh1234' })]);
  expect(textOf(fillSecrets(cut, named({ 'access.token': 'zzzz' })))).toBe('url = http://pbx/t/zzzz/\n');
});

test('a secret that changed before anybody looked has the name of what stands in its place now', () => {
  const today = named({ admin_password: 'new' });
  const like = cutSecrets(marked('x = 2\nadmin = [new]\n'), [today]);
  const cut = cutSecrets(marked('x = 1\nadmin = [old]\n'), [today], () => like);
  expect(textOf(fillSecrets(cut, today))).toBe('x = 1\nadmin = new\n');
});

test('what cannot be filled in truthfully is said', () => {
  const gone = cutSecrets(marked('a = [one]\n'), [named({ 'password of 1001': 'one' })]);
  expect(fillSecrets(gone, new Map())).toEqual({ missing: expect.stringContaining('password of 1001 is no longer') });
  const same = cutSecrets(marked('a = [one]\n'), [named({ user_password: 'one', admin_password: 'one' })]);
  expect(textOf(fillSecrets(same, named({ user_password: 'x', admin_password: 'x' })))).toBe('a = x\n');
  expect(fillSecrets(same, named({ user_password: 'x', admin_password: 'y' }))).toEqual({
    missing: 'user_password and admin_password were the same, and no longer are',
  });
  const unknown = cutSecrets(marked('pin = [one] two = [two]\n'), []);
  expect(textOf(fillSecrets(unknown, new Map(), marked('pin = [1] two = [2]\n')))).toBe('pin = 1 two = 2\n');
  const moved = [marked('two = [2] pin = [1]\n'), marked('pin = [1]\n'), undefined];
  for (const today of moved)
    expect(fillSecrets(unknown, new Map(), today)).toEqual({ missing: expect.stringContaining('no setting') });
});

test('whatever a file holds: nothing of a secret is left in what was cut, and it is filled as it was', () => {
  const text = fc.string({ unit: 'grapheme' }).map((some) => some.replace(/[[\]]/g, ''));
  const secret = fc.stringMatching(/^[#-;=?-Z^-~]{9,16}$/).map((some) => `[${some}]`);
  const file = fc.array(fc.oneof(text, secret), { maxLength: 12 }).map((parts) => parts.join('\n'));
  fc.assert(
    fc.property(file, (source) => {
      const whole = marked(source);
      const texts = [...source.matchAll(/\[(.*?)\]/g)].map(([, one]) => one ?? '');
      const secrets = named(Object.fromEntries(texts.map((one, index) => [`p${index}`, one])));
      const cut = cutSecrets(whole, [secrets]);
      expect(fillSecrets(cut, secrets)).toEqual({ file: whole });
      const clear = source.replace(/\[.*?\]/g, '');
      for (const one of texts)
        if (!clear.includes(one)) expect(`${cut.text} ${JSON.stringify(cut.gaps)}`).not.toContain(one);
    }),
  );
});

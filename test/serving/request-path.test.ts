import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deviceIn, parseRequestPath, plainName, shownPath } from '../../src/serving/request-path.ts';

const parsed = (target: string, prefixes?: string[]) => {
  const path = parseRequestPath(target, prefixes);
  if ('status' in path) throw new Error(`refused: ${path.reason}`);
  return path;
};
const names = (target: string, prefixes?: string[]) => parsed(target, prefixes).names;
const refused = (target: string) => {
  const path = parseRequestPath(target);
  return 'status' in path ? path.status : undefined;
};

describe('a request path', () => {
  test.each([
    '001565123456.cfg',
    '/001565123456.cfg',
    '///001565123456.cfg',
    '/provision/001565123456.cfg',
    '/PROVISION//001565123456.CFG',
    'cfg/001565123456.cfg',
    '/001565123456.cfg?model=x&v=../..',
    '/%30%30%31565123456%2Ecfg',
    'http://192.0.2.1:8080/provision/001565123456.cfg',
    'HTTPS://user:secret@host/001565123456.cfg',
  ])('%s is 001565123456.cfg', (target) => {
    expect(names(target)).toEqual(['001565123456.cfg']);
  });

  test('takes off a prefix of the site, the longest that fits, and only once', () => {
    expect(names('/phones/Berlin/a.cfg', ['phones', '/Phones/berlin/'])).toEqual(['a.cfg']);
    expect(names('/phones/a.cfg', ['phones', '/phones/berlin/'])).toEqual(['a.cfg']);
    expect(names('/provision/cfg/a.cfg')).toEqual(['cfg/a.cfg']);
    expect(names('/provisions/a.cfg')).toEqual(['provisions/a.cfg']);
  });

  test.each([
    ['00:15:65:12:34:56.cfg', '001565123456.cfg'],
    ['/00-15-65-12-34-56.boot', '001565123456.boot'],
    ['/0015.6512.3456.cfg', '001565123456.cfg'],
    ['/cfg00:0B:82:AA:BB:CC.xml', 'cfg000b82aabbcc.xml'],
    ['/SEP00-0B-82-AA-BB-CC.cnf.xml', 'sep000b82aabbcc.cnf.xml'],
    ['/00-04-f2-ab-cd-ef-directory.xml', '0004f2abcdef-directory.xml'],
    ['/provision/00%3A15%3A65%3A12%3A34%3A56.cfg', '001565123456.cfg'],
  ])('%s is tried as asked and as %s', (target, folded) => {
    expect(names(target).at(-1)).toBe(folded);
    expect(names(target)).toHaveLength(2);
  });

  test('keeps the case that was asked for, for files of people', () => {
    expect(parsed('/provision/Rings/Élan.WAV').asked).toBe('Rings/Élan.WAV');
    expect(names('/provision/Rings/%C3%89lan.WAV')).toEqual(['rings/élan.wav']);
  });

  test.each([
    ['/001565123456.cfg', '001565123456'],
    ['/0004F2ABCDEF-phone.cfg', '0004f2abcdef'],
    ['/cfg000b82aabbcc', '000b82aabbcc'],
    ['/spa8843e157ddcc.xml', '8843e157ddcc'],
    ['/phoneec74d72f7ea2.xml', 'ec74d72f7ea2'],
    ['/00:15:65:12:34:56.cfg', '001565123456'],
    ['/001565000001/001565123456.cfg', '001565123456'],
    ['/000000000000.cfg', undefined],
    ['/y000000000066.cfg', undefined],
    ['/0015651234567.cfg', undefined],
    [`/${'a1'.repeat(32)}.bin`, undefined],
    ['/ring.wav', undefined],
  ])('the device of %s is %s', (target, device) => {
    expect(parsed(target).device).toBe(device);
  });

  test.each([
    '/{mac}.cfg',
    '/%7Bmac%7D.cfg',
    '/cfg{MAC}.xml',
    '/$MA.xml',
    '/spa$mac.cfg',
    '/$%7BMAC%7D.cfg',
    '/<mac>.cfg',
  ])('a placeholder that the phone did not fill in explains itself: %s', (target) => {
    expect(parsed(target).hint).toMatch(/placeholder .*ma.* came as it stands/i);
  });

  test('a placeholder that is no percent-encoding explains itself, too', () => {
    expect(parseRequestPath('/%MACD.xml')).toEqual({ status: 404, reason: expect.stringContaining('%MACD') });
  });

  test('an ordinary path has no hint', () => {
    expect(parsed('/main$menu-mac.cfg').hint).toBeUndefined();
  });
});

describe('refuses', () => {
  test.each([
    '/../../etc/passwd',
    '../../etc/passwd',
    '/provision/../../etc/passwd',
    '/a/..',
    '..',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%2E%2E%2Fetc%2Fpasswd',
    '/..%2f..%2fetc/passwd',
    '/%252e%252e/etc/passwd',
    '/%252e%252e%252fetc',
    '/a%2500.cfg',
    '/..\\..\\etc\\passwd',
    '\\windows\\win.ini',
    '/..%5c..%5cetc',
    '/%5c%5cserver%5cshare',
    'C:\\boot.ini',
    'C:/boot.ini',
    '/c:boot.ini',
    '/%43%3a/boot.ini',
    '/.env',
    '/.git/config',
    '/a/.hidden',
    '/%2eenv',
    '/./a.cfg',
    'http://host/../etc/passwd',
    'http://host/%2e%2e/etc/passwd',
  ])('%s with 403', (target) => {
    expect(refused(target)).toBe(403);
  });

  test.each([
    'a\0.cfg',
    '/a%00.cfg',
    '/a%0d%0aX: y',
    '/a\u007f',
    '/a\u0085',
    '/%',
    '/%zz',
    '/%c0%ae%c0%ae/etc/passwd',
    '/%ff',
  ])('%j with 400', (target) => {
    expect(refused(target)).toBe(400);
  });

  test('a path, a name or a depth beyond what a file system takes with 400', () => {
    expect([`/${'a'.repeat(2000)}`, `/${'é'.repeat(128)}`, `/${'a/'.repeat(40)}b`].map(refused)).toEqual([
      400, 400, 400,
    ]);
  });

  test.each(['', '/', '///', '/provision/', '/provision', 'cfg', '/a/', '/?x', 'http://host', 'http://host/'])(
    'a folder, %j, with 404',
    (target) => {
      expect(refused(target)).toBe(404);
    },
  );
});

const nasty = fc.array(
  fc.oneof(
    fc.constantFrom(
      '/',
      '..',
      '.',
      '\\',
      '%',
      '%2e',
      '%2F',
      '%5c',
      '%25',
      '%00',
      '\0',
      '://',
      'http://',
      'c:',
      ':',
      '-',
    ),
    fc.constantFrom(
      'provision',
      'cfg',
      '001565123456',
      '00:15:65:12:34:56',
      '0015.6512.3456',
      '{mac}',
      '?',
      '#',
      'İ',
      '．',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
  { maxLength: 12 },
);

test('no path ever yields a name that could leave out/ or hide in it', () => {
  fc.assert(
    fc.property(nasty, fc.array(fc.string(), { maxLength: 2 }), (parts, prefixes) => {
      const path = parseRequestPath(parts.join(''), prefixes);
      if ('status' in path) return path.reason !== '';
      return [...path.names, path.asked].every(
        (name) =>
          name.split('/').every((segment) => segment !== '' && !segment.startsWith('.')) &&
          !/[\\\p{Cc}]|%[0-9a-f]{2}|(?:^|\/)[a-z]:/iu.test(name),
      );
    }),
    { numRuns: 3000 },
  );
});

test('every name is lower case, and the same path in another case or encoding gives the same names', () => {
  const plain = fc.stringMatching(/^[a-z0-9]{1,8}(\/[a-z0-9-]{1,8}){0,3}\.[a-z]{3}$/);
  fc.assert(
    fc.property(plain, (path) => {
      const encoded = [...path].map((c) => (c === '/' ? c : `%${c.charCodeAt(0).toString(16)}`)).join('');
      expect(names(path.toUpperCase())).toEqual(names(path));
      expect(names(encoded)).toEqual(names(path));
      expect(names(path).every((name) => name === name.toLowerCase())).toBe(true);
    }),
  );
});

describe('a name that needs no second look', () => {
  test('is one in lower case, in no folder, that is no prefix', () => {
    expect(plainName('/001565123456.cfg')).toBe('001565123456.cfg');
    expect(plainName('spa504g.cfg')).toBe('spa504g.cfg');
    for (const target of ['/A.cfg', '/a/b', '/.env', '/a%20b', '/a?b', '//a', '/a\n', '/cfg', '/provision', '/'])
      expect(plainName(target), target).toBeUndefined();
    expect(plainName('/site', ['Site/A'])).toBeUndefined();
  });

  test('is what the whole reading says, and its device', () => {
    const part = fc.constantFrom(
      'a',
      '.cfg',
      '001565123456',
      '-',
      '_',
      '/',
      'cfg',
      'provision',
      'site',
      'A',
      '%41',
      '..',
      ':',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const target = `/${parts.join('')}`;
        const name = plainName(target, ['site']);
        if (name === undefined) return;
        expect(parsed(target, ['site'])).toMatchObject({ names: [name], asked: name });
        expect(parsed(target, ['site']).device).toBe(deviceIn(name));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a path for the log', () => {
  test('has neither query nor user, no control characters, and 512 characters at most', () => {
    expect(shownPath('http://ada:secret@host/a.cfg?password=secret')).toBe('http://host/a.cfg?...');
    expect(shownPath('/a\r\nb\0')).toBe('/a\\x0d\\x0ab\\x00');
    expect(shownPath('/'.repeat(9000))).toHaveLength(512);
  });
});

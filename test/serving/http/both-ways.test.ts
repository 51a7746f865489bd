import { utimes } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FetchFact } from '../../../src/model/fact.ts';
import { type Running, raw, serveHttp } from '../support/http.ts';
import { createOut, type Out, sha256 } from '../support/out.ts';

const mac = '001565123456';
const text = 'account.1.label = Ada\n'.repeat(10);
const changed = new Date('2026-11-05T12:00:00.300Z');

let out: Out;
let fast: Running;
let full: Running;

beforeAll(async () => {
  out = await createOut();
  await out.build(`${mac}.cfg`, text, mac);
  await out.build('empty.cfg', '');
  await out.put('firmware/T46S.rom', Buffer.alloc(100_000, 'rom'));
  for (const file of [`${mac}.cfg`, 'firmware/T46S.rom']) await utimes(`${out.folder}/${file}`, changed, changed);
  const pages = ({ path }: { path: string }) => (path === '/-/healthy' ? { status: 200, body: 'ok\n' } : undefined);
  fast = await serveHttp(out, { fast: true, pages });
  full = await serveHttp(out, { fast: false, pages });
  // A tag made of time stamps is weak for two seconds, and would change in the middle.
  await new Promise((resolve) => setTimeout(resolve, 2100));
});
afterAll(async () => {
  await Promise.all([fast.stop(), full.stop()]);
  await out.remove();
});

const name = fc.constantFrom(
  ...['User-Agent', 'If-None-Match', 'If-Modified-Since', 'Range', 'If-Range', 'Authorization', 'Connection', 'Accept'],
  ...[
    'If-Match',
    'If-Unmodified-Since',
    'X-Forwarded-For',
    'Content-Length',
    'Expect',
    'Upgrade',
    'user-agent',
    'RANGE',
  ],
);
const value = fc.constantFrom(
  ...['"x"', `"${sha256(text)}"`, `W/"${sha256(text)}"`, '*', `"a", "${sha256(text)}"`, ''],
  ...['Thu, 05 Nov 2026 12:00:00 GMT', 'Thu, 05 Nov 2026 11:59:59 GMT', 'yesterday'],
  ...['bytes=0-9', 'bytes=-5', 'bytes=5-', 'bytes=900000-', 'bytes=0-1,4-5', ' bytes=1-2\t'],
  ...['keep-alive', 'close', 'Acme T46S 66.86.0.15', 'Basic eDp5', '0', '100-continue', '192.0.2.1', 'h2c'],
);
const line = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}`);
const target = fc.constantFrom(
  ...[`/${mac}.cfg`, `/${mac}.CFG`, `/provision/${mac}.cfg?x=1`, `/00-15-65-12-34-56.cfg`, '/empty.cfg'],
  ...['/nothing.cfg', '/', '/../x', '/%2e%2e/x', '/.env', '/a%00', '/%', '/{mac}.cfg', '/a\\b', '//x', '/cfg', '/cfg/'],
  ...['/firmware/T46S.rom', '/firmware', '/-/healthy', '/-/nothing', `http://h/${mac}.cfg`, '*', '/"<>^`|'],
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'HEAD', 'POST', 'OPTIONS', 'get'),
    target,
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    host: fc.constantFrom(['Host: x'], ['Host: x'], ['Host: x'], []),
    lines: fc.array(line, { maxLength: 3 }),
  })
  .map(({ method, target, version, host, lines }) =>
    [`${method} ${target} HTTP/${version}`, ...host, ...lines, '', ''].join('\r\n'),
  );

/** Ends every conversation, whatever came before. */
const last = 'GET /empty.cfg HTTP/1.0\r\n\r\n';
/** Of what is no HTTP node:http shows all that came with it, the requests before it, too. */
const lastingOf = ({ at, duration, ...fact }: FetchFact): Partial<FetchFact> =>
  fact.reason?.startsWith('not HTTP') ? { ...fact, method: '', path: '' } : fact;
const withoutClock = (response: string) => response.replace(/\r\nDate: [^\r]*/g, '');

test('the fast way and node:http give the same answers, byte for byte, and the same facts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const said = requests.join('') + last;
      const [quick, thorough] = await Promise.all([raw(fast.port, said), raw(full.port, said)]);
      expect(withoutClock(quick)).toBe(withoutClock(thorough));
      await expect.poll(() => fast.facts.length === full.facts.length).toBe(true);
      expect(fast.facts.splice(0).map(lastingOf)).toEqual(full.facts.splice(0).map(lastingOf));
    }),
    { numRuns: 600 },
  );
});

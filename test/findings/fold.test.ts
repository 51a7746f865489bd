import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Finding, lineOf, worstFirst } from '../../src/findings/finding.ts';
import { createFold } from '../../src/findings/fold.ts';
import type { FindingId } from '../../src/findings/kinds.ts';
import type { Known } from '../../src/findings/rule.ts';
import { rules } from '../../src/findings/rules.ts';
import { examined } from '../../src/model/examination.ts';
import { type FetchFact, refusalKinds } from '../../src/model/fact.ts';
import type { Mac } from '../../src/model/mac.ts';
import { shipped } from '../support/example-site.ts';

const mac = (text: string) => text as Mac;
const t46s = mac('001565123456');
const vvx = mac('0004f2abcdef');
const quiet = mac('001565aaaa01');

const known: Known = {
  devices: new Map([
    [t46s, { vendor: 'yealink', model: 't46s', extension: '1001' }],
    [vvx, { vendor: 'polycom', model: 'vvx450' }],
    [quiet, { vendor: 'yealink', model: 't46s', extension: '1009' }],
  ]),
  vendors: shipped.vendors,
  files: new Set(['001565123456.cfg', '001565123456.boot', 'y000000000000.boot']),
  hasFetched: (device) => device === t46s || device === vvx,
};

const fetch = (fact: Partial<FetchFact> = {}): FetchFact => ({
  ...{ at: 1_700_000_000_000, protocol: 'http', address: '192.0.2.10', method: 'GET', path: '/001565123456.cfg' },
  ...{ status: 200, bytes: 5000, complete: true, duration: 3, device: t46s },
  ...fact,
});
const missing = (path: string, fact: Partial<FetchFact> = {}) =>
  fetch({ path, status: 404, complete: true, bytes: 0, device: undefined, ...fact });
const times = (count: number, fact: (index: number) => Partial<FetchFact>) =>
  Array.from({ length: count }, (_, index) => fetch(fact(index)));

function findIn(...facts: readonly FetchFact[]): Finding[] {
  const fold = createFold(rules, known);
  for (const fact of facts) fold.add(fact);
  return worstFirst(fold.all());
}
const idsIn = (...facts: readonly FetchFact[]): FindingId[] => findIn(...facts).map(({ id }) => id);

const agent = { user_agent: 'Yealink SIP-T46S 66.86.0.15 00:15:65:12:34:56', model: 'T46S', firmware: '66.86.0.15' };

describe('the fetch log', () => {
  test.each(['/{mac}.cfg', '/cfg/$MA.cfg', '/$mac.xml', '/%MACD.cfg', '/%7Bmac%7D.cfg', '/<mac>.cfg'])(
    'shows a placeholder that came as it stands: %s',
    (path) => {
      const [found] = findIn(missing(path));
      expect(found).toMatchObject({ id: 'placeholder', severity: 'error', address: '192.0.2.10', count: 1 });
      expect(found?.seen).toContain('should have become its MAC');
    },
  );

  test('shows each placeholder of one address, and not once more as a file that is missing', () => {
    const two = [missing('/{mac}.cfg', { device: t46s }), missing('/$MA.boot'), missing('/cfg/{mac}.cfg')];
    expect(findIn(...two)).toMatchObject([
      { id: 'placeholder', count: 1, seen: expect.stringContaining('"$MA"') },
      { id: 'placeholder', count: 2, seen: expect.stringContaining('"{mac}"') },
    ]);
  });

  test.each(['/001565123456.cfg', '/machine.cfg', '/$major.cfg', '/emac.xml'])('has no placeholder in %s', (path) => {
    expect(idsIn(missing(path, { device: t46s }))).not.toContain('placeholder');
  });

  test('shows another case and separators, which are understood here', () => {
    const spelt = { path: '/00-15-65-12-34-56.CFG', file: '001565123456.cfg' };
    expect(findIn(fetch(spelt), fetch(spelt))).toMatchObject([
      { id: 'name-spelling', severity: 'note', device: t46s, count: 2 },
    ]);
    expect(idsIn(fetch({ file: '001565123456.cfg' }))).toEqual([]);
    expect(findIn(missing('/00_15_65_12_34_56.cfg'))).toMatchObject([{ id: 'name-spelling', severity: 'error' }]);
  });

  test('shows a MAC one digit off a device that never came, and not a neighbour of one that did', () => {
    const near = (device: string) => missing(`/${device}.cfg`, { device: mac(device) });
    expect(findIn(near('001565aaaa02'))).toMatchObject([{ id: 'near-mac', severity: 'error', device: '001565aaaa02' }]);
    expect(findIn(near('001565aaa0a1'))[0]?.seen).toContain('00:15:65:AA:AA:01 (1009)');
    expect(idsIn(near('001565123457'))).toEqual(['unknown-device']);
    expect(idsIn(near('02aabbccddee'))).toEqual([]);
  });

  test('shows another vendor or model than devices.yml has', () => {
    const other = { ...agent, user_agent: 'Yealink SIP-T48S 66.86.0.15 00:15:65:12:34:56', model: 'T48S' };
    expect(findIn(fetch(other))).toMatchObject([{ id: 'other-model', device: t46s }]);
    expect(idsIn(fetch({ device: vvx, ...agent }))).toContain('other-model');
    expect(idsIn(fetch(agent))).toEqual([]);
    expect(idsIn(fetch({ user_agent: 'Mozilla/5.0 (X11; Linux x86_64)' }))).toEqual([]);
  });

  test('shows a common file that phones need and is not there, and not what each phone asks for anyway', () => {
    expect(findIn(missing('/y000000000066.cfg'))).toMatchObject([{ id: 'missing-file', severity: 'error' }]);
    expect(findIn(missing('/y000000000028.cfg'))).toMatchObject([{ id: 'missing-file', severity: 'warning' }]);
    expect(idsIn(missing('/0004f2abcdef.cfg', { device: vvx }))).toEqual(['missing-file']);
    const optional = [
      '/001565123456-local.cfg',
      '/0004f2abcdef-directory.xml',
      '/0004f2abcdef-license.cfg',
      '/favicon.ico',
    ];
    expect(idsIn(...optional.map((path) => missing(path, { device: path.includes('f2') ? vvx : t46s })))).toEqual([]);
  });

  test('shows firmware that is older than the templates are for', () => {
    const firmware = (text: string) =>
      fetch({ ...agent, user_agent: agent.user_agent.replace(agent.firmware, text), firmware: text });
    expect(findIn(firmware('66.80.193.35'))).toMatchObject([{ id: 'old-firmware', severity: 'warning' }]);
    expect(idsIn(firmware('66.81.0.0'), firmware('66.100.0.1'))).toEqual([]);
  });

  test('shows transfers that stop at one block, until one is whole', () => {
    const cut = (bytes: number) => fetch({ protocol: 'tftp', method: 'RRQ', complete: false, bytes, timeouts: 5 });
    expect(findIn(cut(0), cut(0))).toMatchObject([{ id: 'block-size', severity: 'error', count: 2 }]);
    expect(idsIn(cut(0))).toEqual([]);
    expect(idsIn(cut(0), cut(0), fetch({ protocol: 'tftp', method: 'RRQ' }))).toEqual([]);
    expect(idsIn(cut(512), cut(1024), cut(0))).toEqual(['cut-off']);
  });

  test('shows forty fetches in an hour, and not forty in two', () => {
    const each = (ms: number) => times(40, (index) => ({ at: index * ms }));
    expect(findIn(...each(60_000))).toMatchObject([{ id: 'boot-loop', device: t46s, count: 40 }]);
    expect(idsIn(...each(180_000))).toEqual([]);
    expect(idsIn(...each(60_000).slice(1))).toEqual([]);
    expect(idsIn(...each(60_000).map((fact) => ({ ...fact, user_agent: 'curl/8.1' })))).toEqual([]);
  });

  test('shows one MAC from two addresses by turns, and not a phone that moved', () => {
    const from = (...ends: number[]) => ends.map((end, at) => fetch({ at, address: `192.0.2.${end}` }));
    expect(findIn(...from(1, 2, 1, 2, 1))).toMatchObject([{ id: 'two-addresses', device: t46s, count: 3 }]);
    expect(idsIn(...from(1, 1, 2, 2, 2), ...from(3, 3))).toEqual([]);
  });

  test.each(refusalKinds.filter((kind) => kind !== 'stranger' && kind !== 'challenge'))(
    'explains a refusal by %s, until a fetch goes well',
    (refusal) => {
      const no = fetch({ status: 401, refusal, reason: 'because' });
      expect(findIn(no)).toMatchObject([{ id: 'refused', severity: 'error', device: t46s }]);
      expect(findIn(no)[0]?.fix).not.toBe('');
      expect(idsIn(no, fetch())).toEqual([]);
    },
  );

  test('takes a challenge for what it is until nobody answers it', () => {
    const asked = fetch({ status: 401, refusal: 'challenge' });
    expect(idsIn(asked, fetch(), asked, fetch(), asked, fetch())).toEqual([]);
    expect(idsIn(asked, asked, asked)).toEqual(['refused']);
  });

  test('shows a file that the server cannot read', () => {
    const reason = 'the file cannot be opened: EACCES';
    expect(idsIn(fetch({ status: 403, reason, file: '001565123456.cfg', bytes: 0 }))).toEqual(['unreadable']);
    expect(idsIn(fetch({ status: 403, reason: 'the path climbs out with ..', bytes: 0 }))).toEqual([]);
  });

  test('shows nothing of what an examination asked for', () => {
    expect(idsIn(examined(missing('/{mac}.cfg')), examined(fetch({ status: 403, refusal: 'network' })))).toEqual([]);
  });
});

describe('whatever phones ask for', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('/001565123456.cfg', '/%zz', '/$MA\u001b[2J', '/{mac}\u202e.cfg', 'y000000000099.cfg', '\u009b31m'),
  );
  const optional = <T>(made: fc.Arbitrary<T>) => fc.option(made, { nil: undefined });
  const device = fc.oneof(
    fc.constantFrom(t46s, vvx, quiet, mac('001565aaaa02')),
    fc.stringMatching(/^[0-9a-f]{12}$/).map(mac),
  );
  const madeUp: fc.Arbitrary<FetchFact> = fc.record({
    at: fc.integer({ min: 0, max: 5_000_000 }),
    protocol: fc.constantFrom('tftp', 'http', 'https'),
    address: fc.oneof(fc.ipV4(), text),
    method: fc.constantFrom('GET', 'HEAD', 'RRQ', 'WRQ', 'PUT'),
    path: text,
    file: optional(text),
    device: optional(device),
    user_agent: optional(fc.oneof(text, fc.constant(agent.user_agent))),
    model: optional(text),
    firmware: optional(fc.oneof(text, fc.constant('66.1.0.0'))),
    status: fc.constantFrom(200, 206, 304, 401, 403, 404, 500, 503),
    bytes: fc.nat(9000),
    complete: fc.boolean(),
    reason: optional(text),
    refusal: optional(fc.constantFrom(...refusalKinds)),
    timeouts: optional(fc.nat(9)),
    duration: fc.nat(1000),
  });

  test('findings never throw, and nothing of it steers a terminal', () => {
    fc.assert(
      fc.property(fc.array(madeUp, { maxLength: 60 }), (facts) => {
        for (const line of findIn(...facts).map(lineOf)) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

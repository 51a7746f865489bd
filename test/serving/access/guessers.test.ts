import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { parseChallenges } from '../../../src/sip/challenge.ts';
import { authorize } from '../../../src/sip/digest.ts';
import { ada, basic, bob, gateOf, isDenied, rulesOf, wordOf } from './site.ts';

const guessing = { perMinute: 5, slowMs: 300, refuseMinutes: 10 };
const credentials = { user: 'phones', password: 'geheim', scheme: 'both' } as const;
const mac = (index: number) => `0015650${String(index).padStart(5, '0')}`;

describe('who asks for many devices that are none', () => {
  it('is slowed, then refused on both protocols, then forgiven', () => {
    const { ask, clock, blocked, told } = gateOf({ guessing });
    const words = Array.from({ length: 14 }, (_, index) => {
      const admission = ask({ path: `/${mac(100 + index)}.cfg`, protocol: index % 2 ? 'http' : 'tftp' });
      return isDenied(admission) ? admission.refusal : (admission.delay ?? 0);
    });
    expect(words).toEqual([0, 0, 0, 0, 0, 0, 300, 300, 300, 300, 300, 'guessing', 'guessing', 'guessing']);
    expect(wordOf(ask())).toBe('guessing');
    expect(wordOf(ask({ protocol: 'tftp', path: `${ada}.cfg` }))).toBe('guessing');
    expect(wordOf(ask({ address: '192.168.1.51' }))).toBe('allow');
    expect(blocked()).toEqual([{ key: '192.168.1.50', until: clock.now + 600_000 }]);
    expect(told.filter((news) => 'missed' in news)).toHaveLength(11);
    expect(told.filter((news) => !('missed' in news))).toEqual([
      { blocked: { key: '192.168.1.50', until: clock.now + 600_000 } },
    ]);
    clock.now += 600_000;
    expect(ask()).toEqual({ allow: true, path: `/${ada}.cfg`, delay: undefined });
  });

  it('is nobody who boots a whole site behind one address', () => {
    const { ask } = gateOf({ guessing, site: { credentials } });
    for (let index = 0; index < 5000; index++) {
      const path = `/${index % 2 ? ada : bob}.cfg`;
      expect(wordOf(ask({ path }))).toBe('challenge');
      expect(wordOf(ask({ path, authorization: basic('phones', 'geheim') }))).toBe('allow');
      ask({ path: '/y000000000000.boot' });
      ask({ path: `/${ada}-license.cfg` });
      ask({ path: `/${mac(300)}.cfg`, authorization: basic('phones', 'geheim') });
    }
    expect(ask({ authorization: basic('phones', 'geheim') })).toEqual({
      allow: true,
      path: `/${ada}.cfg`,
      delay: undefined,
    });
  });

  it('is remembered over a new build, and told to other workers', () => {
    const gate = gateOf({ guessing });
    for (let index = 0; index < 11; index++) gate.ask({ path: `/${mac(100 + index)}.cfg` });
    gate.use(rulesOf({ guessing }));
    expect(wordOf(gate.ask())).toBe('guessing');
    const other = gateOf({ guessing });
    for (const news of gate.told) other.hear(news);
    expect(wordOf(other.ask())).toBe('guessing');
    other.use(rulesOf());
    expect(wordOf(other.ask())).toBe('allow');
  });

  it('passes all the same with the certificate of a device', () => {
    const { ask } = gateOf({ guessing, site: { certificate: 'optional' } });
    for (let index = 0; index < 11; index++) ask({ path: `/${mac(100 + index)}.cfg` });
    const certificate = { trusted: true, names: ['CN=001565000001'] };
    expect(wordOf(ask())).toBe('guessing');
    expect(wordOf(ask({ protocol: 'https', certificate }))).toBe('allow');
  });
});

describe('who tries many tokens', () => {
  it('is refused', () => {
    const { ask } = gateOf({ guessing, devices: { [ada]: { token: 'a-token-of-ada-0001' } } });
    for (let index = 0; index < 100; index++) ask({ path: `/t/an-old-token-0000/${ada}.cfg` });
    expect(wordOf(ask({ path: `/t/a-token-of-ada-0001/${ada}.cfg` }))).toBe('allow');
    for (let index = 0; index < 10; index++) ask({ path: `/t/token-number-${index}00000/${ada}.cfg` });
    expect(wordOf(ask({ path: `/t/a-token-of-ada-0001/${ada}.cfg` }))).toBe('guessing');
  });
});

describe('who tries many passwords', () => {
  const site = { credentials };

  it('is refused for that device alone, the right password too; the same wrong one again is no guess', () => {
    const { ask } = gateOf({ guessing, site });
    for (let index = 0; index < 100; index++) ask({ authorization: basic('phones', 'old') });
    expect(wordOf(ask({ authorization: basic('phones', 'geheim') }))).toBe('allow');
    for (let index = 0; index < 10; index++) ask({ authorization: basic('phones', `try ${index}`) });
    expect(wordOf(ask({ authorization: basic('phones', 'geheim') }))).toBe('guessing');
    expect(wordOf(ask())).toBe('challenge');
    expect(wordOf(ask({ path: `/${bob}.cfg`, authorization: basic('phones', 'geheim') }))).toBe('allow');
  });

  it('by digest is refused as well', () => {
    const { ask } = gateOf({ guessing, site });
    const attempt = (password: string) => {
      const refused = ask();
      const [challenge] = parseChallenges((isDenied(refused) && refused.challenge) || []);
      if (!challenge) throw new Error('no challenge');
      const by = { user: 'phones', password: new Secret(password) };
      const request = { method: 'GET', uri: `/${ada}.cfg`, cnonce: 'c', count: 1 };
      return wordOf(ask({ authorization: authorize({ challenge, credentials: by, ...request }) }));
    };
    expect(attempt('geheim')).toBe('allow');
    expect(Array.from({ length: 11 }, (_, index) => attempt(`try ${index}`))).toEqual(Array(11).fill('credentials'));
    expect(attempt('geheim')).toBe('guessing');
  });

  it('for many devices is refused for all', () => {
    const { ask } = gateOf({ guessing, site });
    for (let index = 0; index < 11; index++)
      ask({ path: `/${mac(index)}.cfg`, authorization: basic('phones', 'wrong') });
    expect(wordOf(ask({ authorization: basic('phones', 'geheim') }))).toBe('guessing');
  });
});

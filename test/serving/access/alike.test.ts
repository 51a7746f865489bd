import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../../src/serving/access/admission.ts';
import { ada, basic, bob, bootstrapFile, gateOf, nobody, seen, type Wanted, wordOf } from './site.ts';

const credentials = { user: 'phones', password: 'geheim', scheme: 'both' } as const;
const token = 'a-token-of-ada-0001';
const bootstrapToken = 'a-bootstrap-of-ada-1';

const policies: Readonly<Record<string, Wanted>> = {
  networks: { networks: ['10.0.0.0/8'] },
  address: { ownAddress: true },
  'user agents': { ownUserAgent: true },
  credentials: { credentials },
  'digest alone': { credentials: { ...credentials, scheme: 'digest' } },
  token: { token },
  'token and bootstrap': { token, bootstrapToken },
  certificate: { certificate: 'required' },
  'an optional certificate': { certificate: 'optional', credentials, token },
  everything: { networks: ['192.168.0.0/16'], credentials, token, bootstrapToken, ownUserAgent: true },
};

/** What somebody may try who has no secret of the device. */
const tries: Readonly<Record<string, (mac: string) => Partial<AccessRequest>>> = {
  'nothing but its name': (mac) => ({ path: `/${mac}.cfg` }),
  'a user agent': (mac) => ({ path: `/${mac}.cfg`, userAgent: 'Acme X9 1.0' }),
  'a wrong password': (mac) => ({ path: `/${mac}.cfg`, userAgent: 'Acme X9 1.0', authorization: basic('phones', 'x') }),
  'an unknown user': (mac) => ({ path: `/${mac}.cfg`, userAgent: 'Acme X9 1.0', authorization: basic('x', 'x') }),
  'what is no header': (mac) => ({ path: `/${mac}.cfg`, authorization: 'Digest' }),
  'a wrong token': (mac) => ({ path: `/t/wrong-wrong-wrong-wrong/${mac}.cfg` }),
  'another certificate': (mac) => ({
    path: `/${mac}.cfg`,
    protocol: 'https',
    certificate: { trusted: true, names: ['CN=001565000002'] },
  }),
  'a certificate of his own': (mac) => ({
    path: `/${mac}.cfg`,
    protocol: 'https',
    certificate: { trusted: false, names: [`CN=${mac.toUpperCase()}`] },
  }),
  TFTP: (mac) => ({ path: `${mac}.cfg`, protocol: 'tftp' }),
  'another file': (mac) => ({ path: `/${mac}-phone.cfg` }),
};

describe.each(Object.entries(policies))('by %s', (name, policy) => {
  const options = { devices: { [ada]: policy, [bob]: policy }, bootstrap: new Map([[ada, [bootstrapFile('x', 'y')]]]) };

  it.each(Object.entries(tries))('a device and none cannot be told apart with %s', (_, attempt) => {
    for (const site of [{}, policy]) {
      const { ask } = gateOf({ ...options, site });
      const answer = ask(attempt(ada));
      // A user agent is all that was wanted.
      if (answer.allow) expect(name).toBe('user agents');
      else expect(seen(answer)).toEqual(seen(ask(attempt(nobody))));
    }
  });

  it('one and the same rule refuses both, so that both take the same time', () => {
    const { ask } = gateOf({ ...options, site: policy });
    for (const attempt of Object.values(tries)) {
      const [request, other] = [attempt(ada), attempt(nobody)];
      const answer = ask(request);
      if (!answer.allow && request.certificate === undefined) expect(wordOf(answer)).toBe(wordOf(ask(other)));
    }
  });
});

describe('one word of a refusal', () => {
  it('is in its reason alone', () => {
    const { ask } = gateOf({ site: policies.everything });
    const good = { path: `/t/${token}/${ada}.cfg`, userAgent: 'Acme X9 1.0' };
    const refusals = [
      { ...good, address: '8.8.8.8' },
      { ...good, userAgent: 'curl' },
      { ...good, path: `/${ada}.cfg` },
      good,
      { ...good, authorization: basic('phones', 'x') },
      { ...good, path: `/t/${token}/${nobody}.cfg`, authorization: basic('phones', 'geheim') },
    ].map(ask);
    expect(refusals.map(wordOf)).toEqual(['network', 'user-agent', 'token', 'challenge', 'credentials', 'stranger']);
    expect(new Set(refusals.map((refusal) => JSON.stringify(seen(refusal)))).size).toBe(1);
  });

  it('does not show while somebody guesses, either', () => {
    const guessing = { perMinute: 3, slowMs: 250, refuseMinutes: 10 };
    const { ask } = gateOf({ site: { credentials }, guessing });
    const wrong = (mac: string) => ask({ path: `/${mac}.cfg`, authorization: basic('phones', mac) });
    for (let index = 0; index < 4; index++) wrong(`00156500001${index}`);
    expect(seen(wrong(ada))).toEqual(seen(wrong(nobody)));
    expect(seen(wrong(ada))).toMatchObject({ delay: 250 });
    for (let index = 0; index < 8; index++) wrong(`00156500002${index}`);
    expect(wordOf(wrong(ada))).toBe('guessing');
    expect(seen(wrong(ada))).toEqual(seen(wrong(nobody)));
  });
});

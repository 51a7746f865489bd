import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ada, basic, bob, gateOf, isDenied, nobody, rulesOf, seen, wordOf } from './site.ts';

const credentials = { user: 'phones', password: 'geheim', scheme: 'both' } as const;
const right = basic('phones', 'geheim');
const token = 'a-token-of-ada-0001';
const certificate = (name: string, trusted = true) => ({ trusted, names: [`CN=${name}`] });

describe('a site that says nothing of access', () => {
  it('lets everybody fetch everything, by the path as it came', () => {
    const { ask } = gateOf();
    for (const path of [`/${ada}.cfg`, '/t/x/y', '/../x', ''])
      expect(ask({ path, address: 'nonsense' })).toEqual({ allow: true, path });
  });
});

describe('networks', () => {
  const { ask } = gateOf({ site: { networks: ['192.168.0.0/16'] }, devices: { [bob]: { networks: ['10.0.0.0/8'] } } });

  it('are the device’s for its files, the site’s for all others', () => {
    expect(wordOf(ask())).toBe('allow');
    expect(wordOf(ask({ address: '::ffff:192.168.9.9' }))).toBe('allow');
    expect(wordOf(ask({ address: '10.1.1.1' }))).toBe('network');
    expect(wordOf(ask({ address: '10.1.1.1', path: `/${bob}.cfg` }))).toBe('allow');
    expect(wordOf(ask({ path: `/${bob}.cfg` }))).toBe('network');
    expect(wordOf(ask({ path: '/acme.rom' }))).toBe('allow');
    expect(wordOf(ask({ path: '/acme.rom', address: '10.1.1.1' }))).toBe('network');
  });

  it('are obeyed by TFTP, and by an address that cannot be read', () => {
    expect(wordOf(ask({ protocol: 'tftp', path: `${ada}.cfg`, address: '10.1.1.1' }))).toBe('network');
    expect(wordOf(ask({ address: '' }))).toBe('network');
  });

  it('count for the device that a file was built for, whatever its name says', () => {
    expect(wordOf(ask({ path: '/deadbeef00.cfg', address: '10.1.1.1' }))).toBe('network');
    expect(wordOf(ask({ path: `/${bob}/deadbeef00.cfg`, address: '192.168.1.1' }))).toBe('network');
  });

  it('say in the reason who it was', () => {
    const refused = ask({ address: '10.1.1.1' });
    expect(isDenied(refused) && refused.reason).toBe('10.1.1.1 is in none of the networks of `access`');
    expect(isDenied(refused) && refused.device).toBe(ada);
  });
});

describe('the address', () => {
  const { ask } = gateOf({ site: { ownAddress: true }, ips: { [ada]: '192.168.1.101', [bob]: '2001:db8::1' } });

  it('is the device’s own for its files, that of any device for what they share', () => {
    expect(wordOf(ask({ address: '192.168.1.101' }))).toBe('allow');
    expect(wordOf(ask({ address: '192.168.1.102' }))).toBe('address');
    expect(wordOf(ask({ address: '2001:db8::1' }))).toBe('address');
    expect(wordOf(ask({ address: '2001:DB8:0::1', path: `/${bob}.cfg` }))).toBe('allow');
    expect(wordOf(ask({ address: '192.168.1.101', path: '/acme.rom' }))).toBe('allow');
    expect(wordOf(ask({ address: '192.168.1.102', path: '/acme.rom' }))).toBe('address');
    expect(wordOf(ask({ address: '192.168.1.101', path: `${ada}.cfg`, protocol: 'tftp' }))).toBe('allow');
  });

  it('is nobody’s when devices.yml does not say it', () => {
    const unknown = gateOf({ site: { ownAddress: true } });
    expect(wordOf(unknown.ask())).toBe('address');
  });
});

describe('the user agent', () => {
  const { ask } = gateOf({ site: { ownUserAgent: true } });

  it('is one of the vendor’s, and names no other device', () => {
    expect(wordOf(ask({ userAgent: 'Acme X9 1.2' }))).toBe('allow');
    expect(wordOf(ask({ userAgent: 'Acme X9 1.2 00:15:65:00:00:01' }))).toBe('allow');
    expect(wordOf(ask({ userAgent: 'Acme X9 1.2 00:15:65:00:00:02' }))).toBe('user-agent');
    expect(wordOf(ask({ userAgent: 'curl/8' }))).toBe('user-agent');
    expect(wordOf(ask())).toBe('user-agent');
    expect(wordOf(ask({ path: '/acme.rom', userAgent: 'Acme X9 1.2 00:15:65:00:00:02' }))).toBe('allow');
  });

  it('is nothing that TFTP has', () => {
    expect(wordOf(ask({ protocol: 'tftp', path: `${ada}.cfg` }))).toBe('allow');
  });
});

describe('credentials', () => {
  const { ask } = gateOf({ site: { credentials } });

  it('are asked for, and taken when they are right', () => {
    expect(ask()).toMatchObject({ allow: false, status: 401, refusal: 'challenge' });
    expect(wordOf(ask({ authorization: right }))).toBe('allow');
    expect(wordOf(ask({ authorization: basic('phones', 'x') }))).toBe('credentials');
    expect(wordOf(ask({ authorization: 'Bearer x' }))).toBe('credentials');
    expect(wordOf(ask({ path: '/acme.rom' }))).toBe('challenge');
    expect(wordOf(ask({ path: '/acme.rom', authorization: right }))).toBe('allow');
  });

  it('are the device’s own for its files, anybody’s for what they share', () => {
    const mine = { credentials: { ...credentials, password: 'bobs' } };
    const { ask } = gateOf({ site: { credentials }, devices: { [bob]: mine } });
    const bobs = basic('phones', 'bobs');
    expect(wordOf(ask({ authorization: bobs }))).toBe('credentials');
    expect(wordOf(ask({ path: `/${bob}.cfg`, authorization: right }))).toBe('credentials');
    expect(wordOf(ask({ path: `/${bob}.cfg`, authorization: bobs }))).toBe('allow');
    expect(wordOf(ask({ path: '/acme.rom', authorization: bobs }))).toBe('allow');
    expect(wordOf(ask({ path: '/acme.rom', authorization: basic('phones', 'x') }))).toBe('credentials');
  });

  it('cannot be given over TFTP, so nothing is', () => {
    expect(ask({ protocol: 'tftp', path: `${ada}.cfg` })).toMatchObject({ status: 404, refusal: 'protocol' });
  });

  it.each([
    ['both', false, ['Digest', 'Digest', 'Basic']],
    ['digest', false, ['Digest', 'Digest']],
    ['basic', false, ['Basic']],
    ['both', true, ['Basic']],
    ['digest', true, ['Digest', 'Digest']],
  ] as const)('of the scheme %s, by a vendor of Basic alone: %s, are asked for by %j', (scheme, basicOnly, wanted) => {
    const { ask } = gateOf({ site: { credentials: { ...credentials, scheme } }, basicOnly });
    const refused = ask();
    expect(isDenied(refused) && refused.challenge?.map((text) => text.split(' ')[0])).toEqual(wanted);
    expect(seen(ask({ path: `/${nobody}.cfg` }))).toEqual(seen(refused));
  });
});

describe('a token', () => {
  const bobs = 'a-token-of-bob-0001';
  const devices = { [ada]: { token }, [bob]: { token: bobs } };
  const { ask } = gateOf({ devices });

  it('opens the files of its device and what devices share, and is taken off the path', () => {
    expect(ask({ path: `/t/${token}/${ada}.cfg` })).toEqual({ allow: true, path: `/${ada}.cfg`, delay: undefined });
    expect(wordOf(ask({ path: `/t/${token}/acme.rom` }))).toBe('allow');
    expect(wordOf(ask({ path: `t/${token}/${ada}.cfg`, protocol: 'tftp' }))).toBe('allow');
    expect(wordOf(ask())).toBe('token');
    expect(wordOf(ask({ path: `/t/${token}x/${ada}.cfg` }))).toBe('token');
    expect(wordOf(ask({ path: `/t/${bobs}/${ada}.cfg` }))).toBe('token');
    expect(wordOf(ask({ path: `/t/${bobs}/${bob}.cfg` }))).toBe('allow');
    expect(wordOf(ask({ path: `/t/nothing-of-the-kind/acme.rom` }))).toBe('token');
    expect(wordOf(ask({ path: '/acme.rom' }))).toBe('allow');
  });

  it('of the site is wanted for what devices share, too', () => {
    const { ask } = gateOf({ site: { token } });
    expect(wordOf(ask({ path: '/acme.rom' }))).toBe('token');
    expect(wordOf(ask({ path: `/t/${token}/acme.rom` }))).toBe('allow');
    expect(wordOf(ask({ path: `/t/${token}/${bob}.cfg` }))).toBe('allow');
  });
});

describe('a certificate', () => {
  it('that is required must be the device’s own, over HTTPS', () => {
    const { ask } = gateOf({ site: { certificate: 'required' } });
    const by = (shown?: ReturnType<typeof certificate>, path?: string) =>
      wordOf(ask({ protocol: 'https', certificate: shown, ...(path && { path }) }));
    expect(by(certificate('001565000001'))).toBe('allow');
    expect(by(certificate('001565000002'))).toBe('certificate');
    expect(by(certificate('001565000001', false))).toBe('certificate');
    expect(by(certificate('generic'))).toBe('certificate');
    expect(by()).toBe('certificate');
    expect(by(certificate('001565000002'), '/acme.rom')).toBe('allow');
    expect(by(certificate('001565000099'), '/acme.rom')).toBe('certificate');
    expect(wordOf(ask())).toBe('protocol');
    expect(wordOf(ask({ protocol: 'tftp', path: `${ada}.cfg` }))).toBe('protocol');
  });

  it('that is optional stands for credentials and token, and must not be another device’s', () => {
    const { ask } = gateOf({ site: { certificate: 'optional', credentials, token } });
    const path = `/t/${token}/${ada}.cfg`;
    const https = { protocol: 'https' } as const;
    expect(wordOf(ask({ ...https, certificate: certificate('001565000001') }))).toBe('allow');
    expect(wordOf(ask({ ...https, certificate: certificate('generic') }))).toBe('token');
    expect(wordOf(ask({ ...https, certificate: certificate('001565000001', false), path }))).toBe('challenge');
    const other = { ...https, certificate: certificate('001565000002'), path, authorization: right };
    expect(wordOf(ask(other))).toBe('certificate');
    expect(wordOf(ask({ ...https, path, authorization: right }))).toBe('allow');
  });
});

describe('what was before', () => {
  const former = { ...credentials, password: 'of before' };
  const policy = { credentials, formerCredentials: former, token, formerToken: 'the-token-of-before' };

  it('is taken as well, for as long as it is said', () => {
    const { ask } = gateOf({ site: policy });
    const by = (name: string, password: string) =>
      wordOf(ask({ path: `/t/${name}/${ada}.cfg`, authorization: basic('phones', password) }));
    expect(by(token, 'geheim')).toBe('allow');
    expect(by('the-token-of-before', 'of before')).toBe('allow');
    expect(by('the-token-of-before', 'geheim')).toBe('allow');
    expect(by(token, 'x')).toBe('credentials');
    expect(by('the-token-of-nobody', 'geheim')).toBe('token');
    expect(wordOf(ask({ path: '/t/the-token-of-before/acme.rom', authorization: basic('phones', 'of before') }))).toBe(
      'allow',
    );
  });

  it('does not spend the bootstrap token', () => {
    const bootstrapToken = 'a-bootstrap-of-ada-1';
    const gate = gateOf({ devices: { [ada]: { token, formerToken: 'the-token-of-before', bootstrapToken } } });
    expect(wordOf(gate.ask({ path: `/t/the-token-of-before/${ada}.cfg` }))).toBe('allow');
    expect(gate.told).toEqual([]);
  });
});

describe('what is told and not asked yet', () => {
  const policy = {
    networks: ['192.168.0.0/16'],
    credentials,
    token,
    certificate: 'required',
    isLenient: true,
  } as const;

  it('need not be shown; everything else holds', () => {
    const { ask } = gateOf({ site: policy });
    expect(wordOf(ask())).toBe('allow');
    expect(ask({ path: `/t/${token}/${ada}.cfg` })).toMatchObject({ allow: true, path: `/${ada}.cfg` });
    expect(wordOf(ask({ protocol: 'tftp', path: `${ada}.cfg` }))).toBe('allow');
    expect(wordOf(ask({ address: '10.1.1.1' }))).toBe('network');
    expect(ask({ path: `/${nobody}.cfg` })).toMatchObject({ status: 404, refusal: 'stranger' });
    expect(wordOf(ask({ path: `/t/the-token-of-nobody/${ada}.cfg` }))).toBe('token');
  });

  it('is asked of others all the same', () => {
    const { ask } = gateOf({ devices: { [ada]: policy, [bob]: { credentials } } });
    expect(wordOf(ask())).toBe('allow');
    expect(wordOf(ask({ path: `/${bob}.cfg` }))).toBe('challenge');
    expect(wordOf(ask({ path: `/${nobody}.cfg` }))).toBe('challenge');
  });
});

describe('the rules together', () => {
  const site = { networks: ['192.168.0.0/16'], token, credentials, ownUserAgent: true } as const;
  const good = { userAgent: 'Acme X9 1.0', path: `/t/${token}/${ada}.cfg`, authorization: right };

  it('must all be met, and the first that is not is the reason', () => {
    const { ask } = gateOf({ site });
    expect(wordOf(ask(good))).toBe('allow');
    expect(wordOf(ask({ ...good, authorization: undefined }))).toBe('challenge');
    expect(wordOf(ask({ ...good, authorization: undefined, path: `/${ada}.cfg` }))).toBe('token');
    expect(wordOf(ask({ ...good, path: `/${ada}.cfg`, userAgent: 'curl' }))).toBe('user-agent');
    expect(wordOf(ask({ ...good, userAgent: 'curl', address: '1.2.3.4' }))).toBe('network');
  });

  it('of a new build hold from the next request on', () => {
    const gate = gateOf({ site });
    gate.use(rulesOf());
    expect(wordOf(gate.ask())).toBe('allow');
    gate.use(rulesOf({ site: { networks: ['10.0.0.0/8'] } }));
    expect(wordOf(gate.ask())).toBe('network');
  });
});

describe('whatever is asked', () => {
  it('is answered', () => {
    const gate = gateOf({
      site: { credentials, token, networks: ['0.0.0.0/0'], ownUserAgent: true, certificate: 'optional' },
      guessing: { perMinute: 5, slowMs: 1, refuseMinutes: 1 },
    });
    const text = fc.oneof(fc.string(), fc.constantFrom(`/t/${token}/`, '/t/', `/${ada}.cfg`, '%', right, 'Digest nc='));
    fc.assert(
      fc.property(
        fc.record({
          protocol: fc.constantFrom('tftp', 'http', 'https'),
          address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
          path: fc.array(text).map((parts) => parts.join('')),
          method: fc.string(),
          authorization: fc.option(text, { nil: undefined }),
          userAgent: fc.option(text, { nil: undefined }),
        }),
        (request) => void gate.admit(request),
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateOf, macOf } from '../../../src/serving/access/certificate.ts';

const patterns = [/^CN=(?<mac>[0-9A-Fa-f]{12})$/, /^DNS:(?<mac>[0-9a-f]{12})\.phones\.example$/];
const shown = (subject?: object, subjectaltname?: string) => ({
  authorized: true,
  getPeerCertificate: () => (subject === undefined ? {} : { subject, subjectaltname }),
});

describe('a certificate', () => {
  it('is its subject and its alternative names, one by one', () => {
    const subject = { C: 'CN', O: 'Acme Inc.', OU: ['X9', 'phones'], CN: '001565ABCDEF' };
    const names = 'DNS:a.example, IP Address:192.0.2.1, URI:"urn:x\\u002c DNS:b.example", othername:<unsupported>';
    expect(certificateOf(shown(subject, names))).toEqual({
      trusted: true,
      names: [
        'C=CN',
        'O=Acme Inc.',
        'OU=X9',
        'OU=phones',
        'CN=001565ABCDEF',
        'DNS:a.example',
        'IP Address:192.0.2.1',
        'URI:urn:x, DNS:b.example',
        'othername:<unsupported>',
      ],
    });
  });

  it('is absent when the client showed none', () => {
    expect(certificateOf(shown())).toBeUndefined();
  });

  it('is read whatever its names are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (subject, names) => {
        const certificate = certificateOf(shown(subject, names));
        macOf(certificate ?? { trusted: false, names: [] }, patterns);
      }),
    );
  });
});

describe('the MAC of a certificate', () => {
  const of = (...names: string[]) => macOf({ trusted: true, names }, patterns);

  it('is where the vendor’s patterns find it', () => {
    expect(of('O=Acme', 'CN=001565ABCDEF')).toBe('001565abcdef');
    expect(of('CN=x', 'DNS:001565abcdef.phones.example')).toBe('001565abcdef');
  });

  it('is one, or none', () => {
    expect(of('CN=001565ABCDEF', 'DNS:001565abcdef.phones.example')).toBe('001565abcdef');
    expect(of('CN=001565ABCDEF', 'DNS:001565000000.phones.example')).toBeUndefined();
  });

  it.each(['CN=000000000000', 'CN=generic', 'OU=001565ABCDEF', 'CN=001565ABCDEF\nx', 'CN=001565ABCDEF/CN=x'])(
    'is none in %j',
    (name) => expect(of(name)).toBeUndefined(),
  );
});

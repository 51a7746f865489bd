import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthorization } from '../../../src/serving/access/authorization.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const digest = (header: string) => {
  const read = parseAuthorization(header);
  return read.scheme === 'digest' ? Object.fromEntries(read.parameters) : read.scheme;
};

describe('an Authorization header', () => {
  it('of the scheme Basic is parted at the first colon (RFC 7617 section 2)', () => {
    expect(parseAuthorization('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')).toEqual({
      scheme: 'basic',
      user: 'Aladdin',
      password: 'open sesame',
    });
    expect(parseAuthorization(`basic  ${base64('a:b:c')} `)).toEqual({ scheme: 'basic', user: 'a', password: 'b:c' });
    expect(parseAuthorization(`BASIC ${base64(':')}`)).toEqual({ scheme: 'basic', user: '', password: '' });
  });

  it('of the scheme Digest is a list of parameters, quoted or not', () => {
    expect(
      digest('Digest username="Mufasa", realm="a \\"b\\", c",nc=00000001 , qop=auth,\turi="/dir/index.html",x='),
    ).toEqual({
      username: 'Mufasa',
      realm: 'a "b", c',
      nc: '00000001',
      qop: 'auth',
      uri: '/dir/index.html',
      x: '',
    });
  });

  it.each([
    '',
    'Basic',
    'Basic ',
    'Basic :',
    `Basic ${base64('no colon')}`,
    'Basic a:b',
    'Bearer abc',
    'Digest username="a", username="b"',
    'Digest username="a',
    'Digest username="a" realm="b"',
    'Digest ,',
    'Digest =',
    `Basic ${base64(`a:${'x'.repeat(5000)}`)}`,
  ])('is unknown when it is %j', (header) => {
    expect(parseAuthorization(header)).toEqual({ scheme: 'unknown' });
  });

  it('never fails to be read, whatever it is', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('Basic ', 'Digest ', 'username=', '"', '\\', ',', ' = '));
    fc.assert(fc.property(fc.array(piece), (pieces) => void parseAuthorization(pieces.join(''))));
  });
});

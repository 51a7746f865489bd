import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostOf } from '../../src/sip/syntax.ts';
import { parseContact, parseUri } from '../../src/sip/uri.ts';

test.each([
  ['sip:1001@192.0.2.7:5071;transport=TCP', { user: '1001', host: '192.0.2.7', port: 5071 }],
  ['sips:a%20b@[2001:db8::7]', { scheme: 'sips', user: 'a b', host: '2001:db8::7', port: undefined }],
  ['sip:192.0.2.7', { user: '', host: '192.0.2.7' }],
  ['sip:1001@pbx.example.com?Subject=x', { host: 'pbx.example.com' }],
])('reads %s', (text, parts) => {
  expect(parseUri(text)).toMatchObject(parts);
});

test.each(['', 'http://x', 'sip:', 'sip:a b@x', 'sip:1@256.1.1.1', 'sip:1@x:0', 'sip:1@[::', 'sip:<1>@x'])(
  'takes %j for none',
  (text) => {
    expect(parseUri(text)).toBeUndefined();
  },
);

test('takes the URI out of a contact, with what stands behind it', () => {
  const contact = parseContact(
    '"Ada \\"<A>\\"" <sip:1001@192.0.2.7;line=x?h=1>;expires=60;+sip.instance="<urn:uuid:1>"',
  );
  expect(contact?.uri).toBe('sip:1001@192.0.2.7;line=x');
  expect(contact?.parameters.get('+sip.instance')).toBe('<urn:uuid:1>');
});

test('reads whatever comes in no time, and never gives what is unfit for a Request-URI', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('sip:', '@', '<', '>', ';', '"', '\\', ':', '[', ']', '192.0.2.7', '\r\n'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const contact = parseContact(pieces.join(''));
      if (contact) expect(contact.uri).not.toMatch(/[\s<>"]/);
      if (contact) expect(hostOf(contact.parts.host)).not.toBe('');
    }),
  );
  for (const text of ['sip:'.repeat(1_000), `"${'\\"'.repeat(2_000)}`, `${'a'.repeat(4_000)}<`]) parseContact(text);
});

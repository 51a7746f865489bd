import { expect, test } from 'vitest';
import { macOf } from '../../src/serving/access/certificate.ts';
import { shipped } from '../support/example-site.ts';

const read = (vendor: string, ...names: string[]) =>
  macOf({ trusted: true, names }, shipped.vendors.get(vendor)?.certificates ?? []);

test.each([
  ['yealink', ['C=CN', 'O=YEALINK', 'CN=001565123456'], '001565123456'],
  ['polycom', ['CN=0004F28B54F4', 'O=Polycom Inc.'], '0004f28b54f4'],
  ['grandstream', ['C=US', 'O=Grandstream Networks', 'CN=000B82123456'], '000b82123456'],
  ['cisco', ['OU=SPA-962', 'L=88012BA01234', 'SN=000e08abcdef'], '000e08abcdef'],
  ['cisco', ['OU=SPA-962', 'L=88012BA01234', 'ST=000e08abcdef'], '000e08abcdef'],
] as const)('a certificate of %s with %j carries %s', (vendor, names, mac) => {
  expect(read(vendor, ...names)).toBe(mac);
});

test.each([
  ['yealink', ['CN=Yealink Equipment Issuing CA']],
  ['cisco', ['OU=cisco.com', 'L=ciscogeneric', 'SN=ciscogeneric']],
  ['cisco', ['CN=000e08abcdef', 'L=000e08abcdef']],
  ['zultys', ['CN=000bea123456']],
] as const)('one of %s with %j carries none', (vendor, names) => {
  expect(read(vendor, ...names)).toBeUndefined();
});

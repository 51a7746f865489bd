import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccessRequest } from '../../src/serving/access/admission.ts';
import { macOf } from '../../src/serving/access/certificate.ts';
import { createVendorReader } from '../../src/source/vendors.ts';
import { type Running, serveHttp } from '../serving/support/http.ts';
import { createOut, type Out } from '../serving/support/out.ts';
import { type Authority, createAuthority, type Pair } from '../support/certificates.ts';
import { shippedFolders } from '../support/loading.ts';
import { peer } from '../support/peer.ts';

const openssl = peer('openssl', 'openssl');
const { vendors } = createVendorReader(shippedFolders)();

/** Subjects as the vendors' phones have them, each over a real handshake. */
const subjects = [
  ['yealink', '/C=CN/O=Yealink/CN=001565abcdef', '001565abcdef'],
  ['polycom', '/O=Polycom Inc./CN=0004F28B54F4', '0004f28b54f4'],
  ['grandstream', '/O=Grandstream/CN=000B82ABCDEF', '000b82abcdef'],
  ['cisco', '/OU=SPA504G/L=CBT12345678/SN=000e08abcdef', '000e08abcdef'],
  ['cisco', '/OU=SPA504G/L=88012BA01234/ST=000e08abcdef', '000e08abcdef'],
  ['yealink', '/CN=Yealink Equipment', undefined],
  ['polycom', '/OU=0004F28B54F4/CN=generic', undefined],
  ['cisco', '/OU=000e08abcdef/L=000e08abcde0/CN=000e08abcde1', undefined],
] as const;

describe.skipIf(openssl.missing)(`device certificates (${openssl.sentence})`, () => {
  let folder: string;
  let makers: Authority;
  let own: Pair;
  let out: Out;
  let server: Running;
  const asked: AccessRequest[] = [];
  const gate = {
    admit(request: AccessRequest) {
      asked.push(request);
      return { allow: true, path: request.path } as const;
    },
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offhook-certificates-'));
    makers = await createAuthority(folder, '/CN=makers');
    own = await (await createAuthority(folder, '/CN=own')).sign('/CN=offhook');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    out = await createOut();
  });
  afterEach(async () => {
    await server.stop();
    await out.remove();
  });

  async function show({ cert, key }: Pair, oldCiphers = false) {
    server = await serveHttp(out, { gate, tls: { ...own, clientCa: makers.cert, oldCiphers } });
    const ciphers = 'DEFAULT:@SECLEVEL=0';
    const socket = connect({ port: server.port, host: '127.0.0.1', cert, key, ciphers, rejectUnauthorized: false });
    socket.resume().on('error', () => {});
    socket.write('GET /a HTTP/1.0\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    await server.recorded(1);
    return asked.splice(0)[0]?.certificate ?? { trusted: false, names: [] };
  }

  test.each(subjects)('of %s with the subject %s are those of %s', async (vendor, subject, mac) => {
    const certificate = await show(await makers.sign(subject, 'DNS:phone'));
    expect(certificate.trusted).toBe(true);
    expect(macOf(certificate, vendors.get(vendor)?.certificates ?? [])).toBe(mac);
  });

  test.each([
    ['modern', false],
    ['old', true],
  ])('with keys of 1024 bits come in with the profile %s, and are trusted: %s', async (_, isOld) => {
    const phone = await makers.sign('/CN=001565abcdef', 'DNS:phone', { newKey: ['rsa:1024'] });
    expect(await show(phone, isOld)).toMatchObject({
      trusted: isOld,
      ...(!isOld && { fault: 'UNSPECIFIED' }),
      names: expect.arrayContaining(['CN=001565abcdef']),
    });
  });
});

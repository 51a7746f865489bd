import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change, type Client } from 'ldapts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LdapSource } from '../../../../src/model/people-source.ts';
import { createMemory, createReadings } from '../../../support/directory.ts';
import { peer } from '../../../support/peer.ts';
import { createSamba, domain, type Samba } from '../../../support/samba.ts';

const samba = peer('samba', 'samba-ad-dc');
const provision = peer('samba-tool', 'samba samba-ad-provision samba-dsdb-modules');
const run = test.skipIf(samba.missing || provision.missing);

const phones = `OU=Phones,${domain}`;
const reception = `CN=Reception,${phones}`;
const dnOf = (index: number) => `CN=u${index},${phones}`;
const reader = { dn: `CN=reader,CN=Users,${domain}`, password: 'Reader-Geheim-1' };

let directory: Samba;
const folder = mkdtempSync(join(tmpdir(), 'offhook-samba-'));

const userOf = (index: number, more: Readonly<Record<string, string>> = {}) => ({
  objectClass: 'user',
  ...{ sAMAccountName: `u${index}`, displayName: `Björn ${index}`, ipPhone: String(2000 + index) },
  ...{ userAccountControl: index % 10 === 9 ? '546' : '544' },
  ...more,
});
const set = (client: Client, dn: string, type: string, ...values: (string | Buffer)[]) =>
  client.modify(
    dn,
    new Change({ operation: 'replace', modification: new Attribute({ type, values: values as string[] }) }),
  );

beforeAll(async () => {
  if (samba.missing || provision.missing) return;
  directory = await createSamba({ folder });
  await directory.change(async (client) => {
    await client.add(phones, { objectClass: 'organizationalUnit' });
    for (let index = 0; index < 20; index++) await client.add(dnOf(index), userOf(index));
    // A domain that is older than a minute has deleted objects.
    await client.add(dnOf(99), userOf(99));
    await client.del(dnOf(99));
    await client.add(reception, { objectClass: 'group', sAMAccountName: 'Reception', member: [dnOf(1), dnOf(2)] });
    await client.add(reader.dn, { objectClass: 'user', sAMAccountName: 'reader', userAccountControl: '514' });
    await set(client, reader.dn, 'unicodePwd', Buffer.from(`"${reader.password}"`, 'utf16le'));
    await set(client, reader.dn, 'userAccountControl', '512');
  });
}, 180_000);
afterAll(async () => {
  await directory?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const sourceOf = (more: Partial<LdapSource> = {}): LdapSource => ({
  url: directory.tlsUrl,
  tls: { ca: directory.ca, server_name: directory.serverName },
  ...{ bind_dn: directory.administrator.dn, password: directory.administrator.password },
  ...{ base: phones, filter: '(&(objectCategory=person)(objectClass=user))', page_size: 10 },
  groups: { [reception]: 'reception' },
  ...more,
});

run(`a domain is read by StartTLS, by ldaps and by any name of the account (${samba.sentence})`, async () => {
  for (const more of [
    {},
    { url: directory.url, start_tls: true },
    { bind_dn: 'Administrator@corp.example.test' },
    { bind_dn: 'CORP\\Administrator' },
    { bind_dn: reader.dn, password: reader.password },
  ]) {
    const { names } = await createReadings(sourceOf(more))();
    expect([...names.keys()].sort()).toEqual(
      Array.from({ length: 20 }, (_, index) => index)
        .filter((index) => index % 10 !== 9)
        .map((index) => String(2000 + index)),
    );
    expect(names.get('2003')).toBe('Björn 3');
  }
});

run('a domain says why it refuses', async () => {
  const refused = (more: Partial<LdapSource>) => expect(createReadings(sourceOf(more))()).rejects;
  await refused({ url: directory.url }).toThrow('it wants stronger authentication: use ldaps:// or start_tls');
  await refused({ password: 'falsch' }).toThrow('was refused (invalid credentials)');
  const disabled = { bind_dn: dnOf(9), password: 'Was-immer-1' };
  await refused(disabled).toThrow(/was refused \(invalid credentials/);
  await refused({ bind_dn: undefined, password: undefined }).toThrow('an Active Directory says so to who is not bound');
  await refused({ base: `OU=Nowhere,${domain}` }).toThrow('search below "OU=Nowhere,');
});

run(
  'the next reading finds who changed, was disabled, moved, deleted, or is new, and who came to a group',
  async () => {
    const read = createReadings(sourceOf());
    const members = (everybody: Awaited<ReturnType<typeof read>>['everybody']) =>
      [...(everybody?.members.get(reception) ?? [])].filter((key) => key.startsWith('id:')).length;
    const first = await read();
    expect(first.notes).toEqual([]);
    expect(members(first.everybody)).toBe(2);
    expect((await read()).how).toBe('nothing');

    await directory.change(async (client) => {
      await set(client, dnOf(3), 'displayName', 'Ada Lovelace');
      await set(client, dnOf(4), 'userAccountControl', '546');
      await set(client, dnOf(9), 'userAccountControl', '544');
      await client.modifyDN(dnOf(5), `CN=u5,CN=Users,${domain}`);
      await client.del(dnOf(6));
      await client.modifyDN(dnOf(2), `CN=Renamed,${phones}`);
      await client.add(dnOf(30), userOf(30));
      await set(client, reception, 'member', dnOf(1), `CN=Renamed,${phones}`, dnOf(30));
    });
    const next = await read();
    expect(next.how).toBe('changes');
    const numbers = ['2003', '2004', '2009', '2005', '2006', '2002', '2030'];
    expect(numbers.map((number) => next.names.get(number))).toEqual([
      'Ada Lovelace',
      undefined,
      'Björn 9',
      undefined,
      undefined,
      'Björn 2',
      'Björn 30',
    ]);
    expect(members(next.everybody)).toBe(3);
    expect((await read()).how).toBe('nothing');
    expect((await read(true)).names).toEqual(next.names);
  },
);

run('a change of somebody else is nothing, and another server’s count is not this one’s', async () => {
  const memory = createMemory();
  const read = createReadings(sourceOf(), memory);
  await read();
  await directory.change((client) => set(client, reader.dn, 'description', 'reads'));
  expect((await read()).how).toBe('nothing');
  const cursor = memory.cursor();
  memory.keepCursor({ ...cursor!, usn: { 'another server': '1' } });
  expect((await read()).how).toBe('full');
});

run(
  'an ordinary account is not shown who was deleted: it says so, and finds out with the next full reading',
  async () => {
    const read = createReadings(sourceOf({ bind_dn: reader.dn, password: reader.password }));
    expect((await read()).notes).toEqual([
      'the account is not shown deleted objects: who is deleted goes with the next full reading (full_every)',
    ]);
    await directory.change(async (client) => {
      await client.del(dnOf(7));
      await set(client, dnOf(8), 'displayName', 'Grace Hopper');
    });
    const { how, names } = await read();
    expect([how, names.get('2007'), names.get('2008')]).toEqual(['changes', 'Björn 7', 'Grace Hopper']);
    expect((await read(true)).names.has('2007')).toBe(false);
  },
);

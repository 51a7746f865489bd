import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change } from 'ldapts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { LdapSource } from '../../../../src/model/people-source.ts';
import { type Authority, createAuthority } from '../../../support/certificates.ts';
import { createReadings } from '../../../support/directory.ts';
import { peer } from '../../../support/peer.ts';
import {
  base,
  createSlapd,
  dnOf,
  entryLdif,
  isDisabled,
  nameOf,
  peopleBase,
  peopleLdif,
  reader,
  type Slapd,
  uidOf,
} from '../../../support/slapd.ts';

const slapdPeer = peer('slapd', 'slapd');
const openssl = peer('openssl', 'openssl');
const missing = slapdPeer.missing || openssl.missing;

const count = 5000;
const group = `cn=reception,${base}`;

/** What a directory may hold, besides ordinary people. */
const odd = (index: number, more: Readonly<Record<string, string | Buffer | readonly string[]>>): string =>
  entryLdif(`uid=odd${index},${peopleBase}`, {
    objectClass: ['inetOrgPerson', 'phoneUser'],
    ...{ uid: `odd${index}`, cn: `odd${index}`, sn: 'odd' },
    ...more,
  });

const people = [
  peopleLdif(count),
  odd(1, { displayName: 'דנה לוי', ipPhone: '20001' }),
  odd(2, { displayName: 'Line\r\nbreak\u0007\u2028bell', ipPhone: '20002' }),
  odd(3, { audio: Buffer.from([0xff, 0xfe, 0x41]), ipPhone: '20003' }),
  odd(4, { displayName: 'Two numbers', ipPhone: ['20004', '20005'] }),
  odd(5, { displayName: 'No number' }),
  odd(6, { displayName: 'Bad number', telephoneNumber: '1234, 5678' }),
  odd(7, { displayName: 'Only telephone', telephoneNumber: '+49 30 (555) 2007' }),
  odd(8, { displayName: 'b) twin', ipPhone: '20008' }),
  odd(9, { displayName: 'a) twin', ipPhone: '20008' }),
  entryLdif(group, { objectClass: 'groupOfNames', cn: 'reception', member: [dnOf(1), dnOf(2)] }),
].join('');

let slapd: Slapd;
let authority: Authority;
const folder = mkdtempSync(join(tmpdir(), 'offhook-slapd-'));

beforeAll(async () => {
  if (missing) return;
  authority = await createAuthority(folder, '/CN=Directory CA');
  const tls = { ...(await authority.sign('/CN=ldap.example.test')), authority };
  slapd = await createSlapd({ folder: join(folder, 'slapd'), people, tls });
});
afterAll(async () => {
  await slapd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const sourceOf = (more: Partial<LdapSource> = {}): LdapSource => ({
  url: slapd.url,
  ...{ bind_dn: reader.dn, password: reader.password, base: peopleBase, page_size: 1000 },
  ...more,
});

const replace = (dn: string, type: string, ...values: string[]) =>
  slapd.change((client) =>
    client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values }) })),
  );

const run = test.skipIf(missing);
const sentence = slapdPeer.sentence;

describe('a full reading', () => {
  run(`finds everybody of a server that hands out 1,000 at a time, less disabled accounts (${sentence})`, async () => {
    for (const page_size of [1000, 333]) {
      const { how, names, notes } = await createReadings(sourceOf({ page_size }))();
      expect(how).toBe('full');
      expect(notes).toEqual([]);
      const wanted = Array.from({ length: count }, (_, index) => index).filter((index) => !isDisabled(index));
      for (const index of wanted) expect(names.get(String(10000 + index))).toBe(nameOf(index));
      expect([...names.keys()].filter((number) => number.startsWith('1'))).toHaveLength(wanted.length);
    }
  });

  run('takes names as they are, and nothing that a phone’s file cannot hold', async () => {
    const attributes = { extension: ['ipPhone', 'telephoneNumber'], name: ['audio', 'displayName', 'cn'] };
    const { names, everybody } = await createReadings(sourceOf({ filter: '(uid=odd*)', attributes }))();
    expect(names.get('20001')).toBe('דנה לוי');
    expect(names.get('20002')).toBe('Line break bell');
    // Bytes that are no text are no name: the next attribute counts.
    expect(names.get('20003')).toBe('odd3');
    expect(names.get('20004')).toBe('Two numbers');
    expect(names.get('+49305552007')).toBe('Only telephone');
    expect([...(everybody?.unusable.values() ?? [])]).toEqual([
      { why: 'unusable', dn: `uid=odd6,${peopleBase}`, seen: '1234,5678' },
    ]);
  });

  run('takes what of a value a pattern says', async () => {
    const attributes = {
      extension: [{ attribute: 'telephoneNumber', digits: true, last: 4 }],
      name: { attribute: 'mail', match: '^(.*)@' },
    };
    const { names } = await createReadings(sourceOf({ filter: `(uid=${uidOf(123)})`, attributes }))();
    expect([...names]).toEqual([['0123', uidOf(123)]]);
  });

  run('takes a filter as people write it, and everything in a value as a value', async () => {
    const found = async (filter: string) => [...(await createReadings(sourceOf({ filter }))()).names.keys()];
    expect(await found(`(&  (objectClass=person)\n (|(uid=${uidOf(1)}) (uid=${uidOf(2)}) ) )`)).toEqual([
      '10001',
      '10002',
    ]);
    expect(await found(`(displayName=Bj\\c3\\b6rn*1)`)).toContain('10001');
    expect(await found('(displayName=a\\29 twin)')).toEqual(['20008']);
    expect(await found('(displayName=\\2a)')).toEqual([]);
    for (const filter of ['(uid=a', 'uid=a)(uid=*', '(uid=a))', '(&)', '((uid=a)'])
      await expect(createReadings(sourceOf({ filter }))()).rejects.toThrow('the filter cannot be read');
  });
});

describe('a bind', () => {
  run('is told in the clear, over StartTLS, over TLS, by SASL and with a client certificate', async () => {
    const client = await authority.sign('/CN=offhook');
    const tls = { ca: authority.certFile };
    const shown = { ...tls, cert: client.certFile, key: client.keyFile };
    const nobody = { bind_dn: undefined, password: undefined };
    for (const more of [
      { start_tls: true, tls },
      { url: slapd.tlsUrl, tls },
      { url: slapd.tlsUrl, tls: { ...tls, server_name: 'localhost' } },
      { url: slapd.tlsUrl, tls: shown, sasl: 'EXTERNAL' as const, ...nobody },
      { start_tls: true, tls: shown, sasl: 'EXTERNAL' as const, ...nobody },
    ]) {
      const { names } = await createReadings(sourceOf({ filter: `(uid=${uidOf(7)})`, ...more }))();
      expect([...names.values()]).toEqual([nameOf(7)]);
    }
  });

  run('that is refused says who, and why, and no password', async () => {
    const wrong = createReadings(sourceOf({ password: 'falsch-geheim' }))();
    await expect(wrong).rejects.toThrow(`${slapd.url}: bind as "${reader.dn}": was refused (invalid credentials)`);
    await expect(wrong).rejects.not.toThrow(/falsch/);
  });

  run('goes to no server that nobody trusts, whose certificate has expired, or is another’s', async () => {
    const failing = (more: Partial<LdapSource>) => expect(createReadings(sourceOf(more))()).rejects;
    await failing({ url: slapd.tlsUrl }).toThrow(/TLS: its certificate is signed by nobody who is trusted here/);
    await failing({ url: slapd.tlsUrl, tls: { ca: authority.certFile, server_name: 'dc1.example.test' } }).toThrow(
      'its certificate is for another name',
    );
    await failing({ url: slapd.url.replace('ldap:', 'ldaps:') }).toThrow(/TLS: /);
    const expired = await authority.sign('/CN=ldap.example.test', undefined, { expired: true });
    const other = await createSlapd({ folder: join(folder, 'expired'), people: '', tls: expired });
    onTestFinished(other.stop);
    for (const more of [{ url: other.tlsUrl }, { url: other.url, start_tls: true }])
      await failing({ ...more, tls: { ca: authority.certFile } }).toThrow('TLS: its certificate has expired');
  });

  run('is wanted with TLS by some servers, and they say so', async () => {
    const global = ['security simple_bind=128'];
    const other = await createSlapd({ folder: join(folder, 'strict'), people: '', global });
    onTestFinished(other.stop);
    await expect(createReadings(sourceOf({ url: other.url }))()).rejects.toThrow(
      'was refused (it wants a connection that is encrypted: use ldaps:// or start_tls',
    );
  });
});

describe('a server that is away', () => {
  /** Answers nothing, from the first byte on. */
  const silent = async (answer: (socket: Socket) => void = () => {}): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      answer(socket);
    }).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `ldap://127.0.0.1:${(server.address() as { port: number }).port}`;
  };

  run('leaves the question to the next one', async () => {
    const stalled = await silent();
    const url = ['ldap://127.0.0.1:1', stalled, slapd.url];
    const { server, names } = await createReadings(sourceOf({ url, timeout: 0.2, filter: `(uid=${uidOf(7)})` }))();
    expect(server).toBe(slapd.url);
    expect([...names.values()]).toEqual([nameOf(7)]);
  });

  run('is said with its step and what was seen, each of them', async () => {
    const stalled = await silent();
    const read = createReadings(sourceOf({ url: ['ldap://127.0.0.1:1', stalled], timeout: 0.2 }));
    await expect(read()).rejects.toThrow(
      `ldap://127.0.0.1:1: connect: nobody listens there (ECONNREFUSED); ${stalled}: bind as "${reader.dn}": no answer within 0.2 s`,
    );
    const tls = createReadings(sourceOf({ url: stalled.replace('ldap:', 'ldaps:'), timeout: 0.2 }));
    await expect(tls()).rejects.toThrow(/^ldaps:.*: TLS: no answer within 0.2 s$/);
    const start = createReadings(sourceOf({ url: stalled, start_tls: true, timeout: 0.2 }));
    await expect(start()).rejects.toThrow(': StartTLS: no answer within 0.2 s');
  });

  run('or talks nonsense, or hangs up, is no reason to end', async () => {
    const nonsense = await silent((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(createReadings(sourceOf({ url: nonsense }))()).rejects.toThrow('what comes is no LDAP');
    const hangsUp = await silent((socket) => socket.destroy());
    await expect(createReadings(sourceOf({ url: hangsUp }))()).rejects.toThrow(/bind as/);
  });

  run('in the middle of a page is waited for no longer than was said', async () => {
    const proxy = await silent((socket) => {
      const behind = new (socket.constructor as typeof Socket)().connect(slapd.port, '127.0.0.1');
      let left = 100_000;
      behind
        .on('error', () => {})
        .on('data', (chunk) => {
          left -= chunk.length;
          // After that much it stalls.
          if (left > 0) socket.write(chunk);
        });
      socket.on('data', (chunk) => behind.write(chunk)).on('close', () => behind.destroy());
    });
    await expect(createReadings(sourceOf({ url: proxy, timeout: 0.5 }))()).rejects.toThrow(
      /search below "ou=people,dc=example,dc=test", page 1: no answer within 0.5 s$/,
    );
  });

  run('and comes back is asked again from where the last reading ended', async () => {
    const read = createReadings(sourceOf({ timeout: 1 }));
    await read();
    await slapd.stop();
    await expect(read()).rejects.toThrow('nobody listens there');
    await slapd.start();
    expect((await read()).how).toBe('nothing');
    process.kill(slapd.pid(), 'SIGSTOP');
    await expect(read()).rejects.toThrow(/no answer within/);
    process.kill(slapd.pid(), 'SIGCONT');
    expect((await read()).how).toBe('nothing');
  });
});

describe('the next reading', () => {
  const grouped = () => sourceOf({ groups: { [group]: 'reception' } });

  run('asks for what changed, and finds who is new, renamed, moved, disabled or deleted', async () => {
    const read = createReadings(grouped());
    await read();
    expect((await read()).how).toBe('nothing');
    await replace(dnOf(100), 'displayName', 'Ada Lovelace');
    await slapd.change(async (client) => {
      await client.modifyDN(dnOf(101), `uid=${uidOf(101)}x,${peopleBase}`);
      await client.modifyDN(dnOf(102), `uid=${uidOf(102)},ou=gone,${base}`);
      await client.del(dnOf(103));
      await client.add(`uid=new,${peopleBase}`, {
        objectClass: ['inetOrgPerson', 'phoneUser'],
        ...{ uid: 'new', cn: 'new', sn: 'new', displayName: 'Grace Hopper', ipPhone: '30000' },
      });
    });
    await replace(dnOf(104), 'userAccountControl', '514');
    const { how, names } = await read();
    expect(how).toBe('changes');
    const numbers = ['10100', '10101', '10102', '10103', '10104', '30000'];
    expect(numbers.map((number) => names.get(number))).toEqual([
      'Ada Lovelace',
      nameOf(101),
      undefined,
      undefined,
      undefined,
      'Grace Hopper',
    ]);
    expect((await read()).how).toBe('nothing');
    // A full reading finds the same.
    expect((await read(true)).names).toEqual(names);
  });

  run('finds who came to a group and who left it, and who is renamed stays in it', async () => {
    const read = createReadings(grouped());
    const inGroup = async () => {
      const { how, everybody } = await read();
      const members = everybody?.members.get(group) ?? new Set();
      return { how, ids: [...members].filter((key) => key.startsWith('id:')).length };
    };
    expect(await inGroup()).toEqual({ how: 'full', ids: 2 });
    await replace(group, 'member', dnOf(1), dnOf(2), dnOf(6));
    expect(await inGroup()).toEqual({ how: 'changes', ids: 3 });
    await slapd.change((client) => client.modifyDN(dnOf(6), `uid=${uidOf(6)}x,${peopleBase}`));
    expect(await inGroup()).toEqual({ how: 'changes', ids: 3 });
    await expect(createReadings(sourceOf({ groups: { [`cn=nobody,${base}`]: 'x' } }))()).rejects.toThrow(
      `group "cn=nobody,${base}": there is no such entry`,
    );
  });

  run(
    'reads everybody when something else is asked, after so many hours, and where there is no other way',
    async () => {
      const other = await createSlapd({ folder: join(folder, 'plain'), people: peopleLdif(10), syncprov: false });
      onTestFinished(other.stop);
      const plain = createReadings(sourceOf({ url: other.url }));
      expect((await plain()).notes).toEqual([
        'the server does not say what changes (overlay syncprov, contextCSN): each sync reads everybody',
      ]);
      expect((await plain()).how).toBe('full');
      const declared = createReadings(sourceOf({ kind: 'plain', filter: '(uid=odd*)' }));
      expect((await declared()).how).toBe('full');
      expect((await declared()).how).toBe('full');
    },
  );
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change, type Client } from 'ldapts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sync } from '../../src/commands/sync.ts';
import { directoriesIn } from '../../src/state/directories.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { peer } from '../support/peer.ts';
import { counts, startPhones } from '../support/phones.ts';
import { createProject, macOf, type Phone, type Project, shipped } from '../support/project.ts';
import { createSlapd, dnOf, peopleBase, peopleLdif, reader, type Slapd } from '../support/slapd.ts';
import { until } from '../support/until.ts';

const slapdPeer = peer('slapd', 'slapd');
const run = test.skipIf(slapdPeer.missing);
const people = 30;
const into = 'extensions.ldap.yml';

let slapd: Slapd;
const folder = mkdtempSync(join(tmpdir(), 'offhook-directory-'));

beforeAll(async () => {
  if (!slapdPeer.missing) slapd = await createSlapd({ folder, people: peopleLdif(people) });
});
afterAll(async () => {
  await slapd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Who is told the names of 10000 and the following, phone N that of N, and of N+1, whom it watches. Nobody has a name here. */
function projectOf(phones: readonly Phone[], more = ''): Project {
  const numbers = phones.map((_, index) => String(10000 + index));
  return createProject(
    [
      'templates_dir: templates',
      'server: { address: 192.0.2.1 }',
      'sip: { server: pbx.example.com }',
      'notify: { per_second: 10000, per_address: 10000 }',
      'people:',
      `  - { ldap: { url: "${slapd.url}", bind_dn: "${reader.dn}", password: ${reader.password}, base: "${peopleBase}"${more} } }`,
      'extensions:',
      ...numbers.map((number) => `  "${number}": { password: secret-of-${number} }`),
      'devices:',
      ...phones.map(({ address, port }, index) => {
        const watched = numbers[(index + 1) % numbers.length];
        return `  - { mac: "${macOf(index + 1)}", vendor: acme, model: a1, extension: "${numbers[index]}", ip: ${address}, sip_port: ${port}, keys: [{ type: blf, value: "${watched}" }] }`;
      }),
      '',
    ].join('\n'),
  );
}

const rename = (client: Client, index: number, name: string) =>
  client.modify(
    dnOf(index),
    new Change({ operation: 'replace', modification: new Attribute({ type: 'displayName', values: [name] }) }),
  );

/** Changes the directory until the test ends. */
async function changed(work: (client: Client) => Promise<unknown>, back: (client: Client) => Promise<unknown>) {
  await slapd.change(work);
  onTestFinished(() => slapd.change(back));
}

async function synced({ dir, out, state }: Project, more: Partial<Parameters<typeof sync>[0]> = {}) {
  const console = recordedConsole();
  const args = {
    dir,
    out,
    state,
    shipped,
    format: 'text',
    dryRun: false,
    once: true,
    accept: false,
    full: false,
  } as const;
  const code = await sync({ ...args, ...more }, console);
  return { code, out: console.stdout(), err: console.stderr() };
}

describe('serve with a directory', () => {
  run(
    `writes its file, and tells exactly the phones that show a person who is renamed (${slapdPeer.sentence})`,
    async () => {
      const phones = await startPhones(5);
      const project = projectOf(phones);
      await synced(project);
      const daemon = await startDaemon(project);
      await until('NOTIFYs', () => daemon.notifies().length === 5 && counts(phones).every((count) => count === 1));
      for (const phone of phones) phone.forget();
      expect(project.read(into)).toContain(
        '\n  "10003": { "name": "Dmitri Müller 3", "email": "u000003@example.test", ',
      );

      await changed(
        (client) => rename(client, 3, 'Ada Lovelace'),
        (client) => rename(client, 3, 'Dmitri Müller 3'),
      );
      // The interval is minutes; somebody is in a hurry.
      const told = await daemon.told(async () => expect((await synced(project)).code).toBe(0));
      expect(told.map(({ device }) => device).sort()).toEqual([macOf(3), macOf(4)]);
      expect(counts(phones)).toEqual([0, 0, 1, 1, 0]);
      expect(project.outText(`${macOf(4)}.cfg`)).toContain('Ada Lovelace');
    },
  );

  run('asks again after each interval, and by itself', async () => {
    const [phone] = await startPhones(1);
    // Milliseconds: the schema wants minutes, and a test has none.
    const project = projectOf([phone!]);
    const daemon = await startDaemon(project, { timing: { sync: { interval: 50, pause: 50 } } });
    await until('a name', () => project.outText(`${macOf(1)}.cfg`).includes('Anna Smith 0'));
    await changed(
      (client) => rename(client, 0, 'Grace Hopper'),
      (client) => rename(client, 0, 'Anna Smith 0'),
    );
    await until('the other name', () => project.outText(`${macOf(1)}.cfg`).includes('Grace Hopper'));

    // It goes, once is enough to say so, and the last answer stands.
    const before = project.read(into);
    await slapd.stop();
    expect(daemon.log.join('')).toMatch(/people of the directory changed into=extensions.ldap.yml .*new=29 gone=0/);
    await daemon.said(/no answer from the directory; the last one stands .*reason=.*nobody listens there/);
    const failed = /offhook_directory_syncs_total\{directory="extensions.ldap.yml",result="failed"\} (\d+)/;
    const metrics = async () => (await daemon.get('/-/metrics')).text;
    while (!(Number(failed.exec(await metrics())?.[1]) >= 4)) await new Promise((done) => setTimeout(done, 20));
    // It was perhaps about to answer when it went: another reason is said, too, and each once.
    const reasons = daemon.log.flatMap((line) => /no answer from the directory.* reason=(".*")/.exec(line)?.[1] ?? []);
    expect(reasons).toEqual([...new Set(reasons)]);
    expect(reasons.length).toBeLessThan(3);
    expect(project.read(into)).toBe(before);
    expect(await metrics()).toMatch(/offhook_directory_age_seconds\{directory="extensions.ldap.yml"\} \d/);
    expect(await metrics()).toContain('offhook_directory_people{directory="extensions.ldap.yml"} 29');
    await daemon.after(() => slapd.start(), /the directory answers again/);
    expect(daemon.log.join('') + project.read(into)).not.toContain(reader.password);
  });

  run('ends while a directory does not answer', async () => {
    const [phone] = await startPhones(1);
    const project = projectOf([phone!], ', timeout: 600');
    process.kill(slapd.pid(), 'SIGSTOP');
    onTestFinished(() => void process.kill(slapd.pid(), 'SIGCONT'));
    const daemon = await startDaemon(project);
    await daemon.stop();
  });
});

describe('offhook sync', () => {
  run('writes the same bytes for the same people, and touches nothing then', async () => {
    const project = projectOf([{ address: '127.0.0.1', port: 5060 }]);
    expect(await synced(project)).toMatchObject({ code: 0, out: expect.stringContaining('29 new, of 29\n') });
    const text = project.read(into);
    expect(text).toMatch(/^# Written by `offhook sync` /);
    expect(await synced(project)).toMatchObject({ code: 0, out: `${into} from ${slapd.url}: nothing changed\n` });
    expect(directoriesIn(project.state)).toEqual([{ into, at: expect.any(Number) }]);
    // Without its memory, and with a file that somebody has tidied.
    expect(await synced(project, { state: project.path('elsewhere') })).toMatchObject({ code: 0 });
    expect(project.read(into)).toBe(text);
    project.write(into, text.replace(/^#.*\n/gm, '').replaceAll('"', "'"));
    await synced(project);
    expect(project.read(into)).toBe(text);
  });

  run('says what would change before it changes: who, and whose files', async () => {
    const phones = [1, 2, 3, 4].map(() => ({ address: '127.0.0.1', port: 5060 }));
    const project = projectOf(phones);
    await synced(project);
    const text = project.read(into);
    await changed(
      async (client) => {
        await rename(client, 1, 'Ada Lovelace');
        await client.del(dnOf(25));
      },
      async (client) => {
        await rename(client, 1, 'Björn Kovács 1');
        await client.add(dnOf(25), {
          objectClass: ['inetOrgPerson', 'phoneUser'],
          ...{ cn: 'back', sn: 'back', displayName: 'Back again', ipPhone: '10025' },
        });
      },
    );
    const { code, out } = await synced(project, { dryRun: true });
    expect(code).toBe(2);
    expect(out).toContain('1 renamed, 1 gone, of 28\n');
    expect(out).toContain('  renamed 10001 "Björn Kovács 1" -> "Ada Lovelace"\n');
    expect(out).toContain('  gone 10025 "Élodie García 25"\n');
    expect(out).toContain('  device 02:00:00:00:00:02 acme/a1 10001 Ada Lovelace: resync\n');
    expect(out).toContain('\n2 of 4 devices would get other files\n');
    expect(project.read(into)).toBe(text);
    const json = JSON.parse((await synced(project, { dryRun: true, format: 'json' })).out);
    expect(json.directories[0].difference.renamed).toMatchObject([
      { number: '10001', after: { name: 'Ada Lovelace' } },
    ]);
  });

  run('changes nothing when too many people would go, says so, and does it when somebody accepts', async () => {
    const project = projectOf([{ address: '127.0.0.1', port: 5060 }]);
    await synced(project);
    const text = project.read(into);
    project.edit('devices.yml', `base: "${peopleBase}"`, `base: "${peopleBase}", filter: "(uid=u00000*)"`);
    for (const more of [{}, { dryRun: true }]) {
      const { code, out } = await synced(project, more);
      expect(code).toBe(1);
      expect(out).toContain(
        'refused: 19 of 29 would be gone and 0 have another number: 65.5 %, and max_change is 10 %',
      );
      expect(project.read(into)).toBe(text);
    }
    expect((await synced(project, { accept: true })).code).toBe(0);
    expect(project.read(into).match(/^ {2}"/gm)).toHaveLength(10);
    // Nobody is never right.
    project.edit('devices.yml', '(uid=u00000*)', '(uid=nobody)');
    expect((await synced(project)).out).toContain('refused: nobody would be left of 10');
  });

  run('says why there is no answer, and leaves the file as it is', async () => {
    const project = projectOf([{ address: '127.0.0.1', port: 5060 }]);
    await synced(project);
    const text = project.read(into);
    project.edit('devices.yml', reader.password, 'falsch-geheim');
    const { code, err } = await synced(project, { once: false });
    expect(code).toBe(1);
    expect(err).toContain(
      `${into} stays as it is: ${slapd.url}: bind as "${reader.dn}": was refused (invalid credentials)`,
    );
    expect(err).not.toContain('falsch');
    expect(project.read(into)).toBe(text);
  });

  run('wants a directory', async () => {
    const project = projectOf([{ address: '127.0.0.1', port: 5060 }]);
    project.edit('devices.yml', /people:\n.*\n/, '');
    await expect(synced(project)).rejects.toThrow('no source of people is a directory; wanted `people:');
  });
});

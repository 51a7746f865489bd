import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { plan } from '../../src/commands/plan.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { counts, type ListeningPhone, startPhones } from '../support/phones.ts';
import { createProject, shipped } from '../support/project.ts';
import { until } from '../support/until.ts';

const macOf = (number: number): string => `001565${number.toString(16).padStart(6, '0')}`;

/** 1,000 people; phone N has the line of person N, and a key that watches person N + 1. */
function siteOf(phones: readonly ListeningPhone[], sections = ''): string {
  const people = Array.from({ length: 1000 }, (_, index) => {
    const number = 1001 + index;
    return `  "${number}": { name: "Person ${number}", password: example-${number} }`;
  });
  const devices = phones.map(({ address, port }, index) => {
    const own = `mac: "${macOf(index + 1)}", vendor: yealink, model: t46s, extension: "${1001 + index}"`;
    return `  - { ${own}, ip: ${address}, sip_port: ${port}, keys: [{ type: blf, value: "${1002 + index}" }] }`;
  });
  return [
    'server: { address: 192.0.2.1 }',
    'sip: { server: pbx.example.com }',
    'notify: { per_second: 10000, per_address: 10000 }',
    'defaults: { directory: { phonebook: on } }',
    sections,
    'extensions:',
    ...people,
    'devices:',
    ...devices,
    '',
  ].join('\n');
}

async function startSite(count: number, sections = '') {
  const phones = await startPhones(count);
  const project = createProject(siteOf(phones, sections));
  const daemon = await startDaemon(project);
  await until(
    'the first NOTIFYs',
    () => counts(phones).every((heard) => heard === 1) && daemon.notifies().length === count,
  );
  for (const phone of phones) phone.forget();
  return { phones, project, daemon };
}

const book = 'yealink-phonebook.xml';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the phonebook', () => {
  test('is fetched over HTTP and TFTP, the same bytes', async () => {
    const { project, daemon } = await startSite(1);
    const answer = await daemon.get(`/${book}`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/xml/);
    expect(answer.text).toBe(project.outText(book));
    expect(answer.text.match(/<DirectoryEntry>/g)).toHaveLength(1000);
    expect(sha256(await daemon.rrq(book))).toBe(sha256(answer.text));
  });

  test('is written anew when one of 1,000 is renamed, and only those are told who show him', async () => {
    const { phones, project, daemon } = await startSite(8);
    // Person 1003 is on phone 3, and phone 2 watches him.
    const told = await daemon.told(() => project.edit('devices.yml', 'Person 1003', 'Ada & Co'));
    expect(told.map(({ device }) => device).sort()).toEqual([macOf(2), macOf(3)]);
    expect(counts(phones)).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
    expect(project.outText(book)).toContain('<Name>Ada &amp; Co</Name>');
  });

  test('of somebody whom no phone shows: nobody is told, and no phone is less up to date than before', async () => {
    const { phones, project, daemon } = await startSite(2);
    await daemon.get(`/${macOf(1)}.cfg`);
    const before = await daemon.get('/-/metrics');
    const line = await daemon.after(() => project.edit('devices.yml', 'Person 1900', 'Grace'), /build accepted/);
    expect(line).toMatch(/changed=1 .*touched=0/);
    expect((await daemon.get(`/${book}`)).text).toContain('<Name>Grace</Name>');
    expect(counts(phones)).toEqual([0, 0]);
    const devices = (text: string) => text.match(/^offhook_devices\{.*$/gm);
    expect(devices((await daemon.get('/-/metrics')).text)).toEqual(devices(before.text));
  });

  test('is remembered as nobody’s over a restart', async () => {
    const { phones, project, daemon } = await startSite(2);
    await daemon.stop();
    project.edit('devices.yml', 'Person 1900', 'Grace');
    const again = await startDaemon(project);
    expect(again.log.join('')).toMatch(/build accepted .*changed=1 .*touched=0/);
    // Taken away: its bytes are gone, and that is the business of the phones' own files.
    await again.told(() => project.edit('devices.yml', 'phonebook: on', 'phonebook: off'));
    expect((await again.get(`/${book}`)).status).toBe(404);
    expect(counts(phones)).toEqual([1, 1]);
  });

  test('is for whoever may fetch what devices share', async () => {
    const access = 'access: { token: geheim-token-0001 }';
    const { daemon, project } = await startSite(
      1,
      `${access}\ngroups: { own: { access: { token: geheim-token-0002 } } }`,
    );
    expect((await daemon.get(`/${book}`)).status).toBe(404);
    expect((await daemon.get(`/t/geheim-token-0001/${book}`)).status).toBe(200);
    expect(project.outText(`${macOf(1)}.cfg`)).toContain(`/t/geheim-token-0001/${book}`);
    await daemon.told(() => project.edit('devices.yml', 'model: t46s,', 'model: t46s, group: own,'));
    // A phone comes with the token of its own files.
    expect((await daemon.get(`/t/geheim-token-0002/${book}`)).status).toBe(200);
    await expect(daemon.rrq(book)).rejects.toThrow();
    expect(await daemon.rrq(`t/geheim-token-0002/${book}`)).toContain('Person 1001');
  });

  test('shows in a plan as a file that changes, with nobody who is told', async () => {
    const { project, daemon } = await startSite(2);
    await daemon.stop();
    project.edit('devices.yml', 'Person 1900', 'Grace');
    const console = recordedConsole();
    const { dir, out, state } = project;
    const args = { dir, out, state, shipped, format: 'text', withoutSecrets: false } as const;
    expect(await plan(args, console)).toBe(2);
    const text = console.stdout();
    expect(text).toContain(book);
    expect(text).toContain('Grace');
    expect(text).not.toContain(macOf(1));
  });
});

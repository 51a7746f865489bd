import { describe, expect, onTestFinished, test } from 'vitest';
import { build } from '../../src/commands/build.ts';
import { headerOf } from '../../src/sip/message.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { peer } from '../support/peer.ts';
import { challenging, counts, startListening, startPhones } from '../support/phones.ts';
import { createProject, macOf, shipped, siteOf } from '../support/project.ts';
import { startSipp } from '../support/sipp/phone.ts';
import { until } from '../support/until.ts';

const sipp = peer('sipp', 'sip-tester');

const fast = 'notify: { per_second: 10000, per_address: 10000 }';

/** Phones that listen, and a daemon that has told them all of its first build. */
async function startSite(count: number, sections = fast) {
  const phones = await startPhones(count);
  const project = createProject(siteOf(phones, sections));
  const daemon = await startDaemon(project);
  if (!sections.includes('mode: off'))
    await until(
      'the first NOTIFYs',
      () => counts(phones).every((heard) => heard === 1) && daemon.notifies().length === count,
    );
  for (const phone of phones) phone.forget();
  return { phones, project, daemon };
}

describe('a device is notified if and only if bytes that it fetches changed', () => {
  test('one name: exactly the devices that show it', async () => {
    const { phones, project, daemon } = await startSite(8);
    // Person 3 is on phone 3, and phone 2 watches him.
    const told = await daemon.told(() => project.edit('devices.yml', 'Person 3', 'Somebody Else'));
    expect(told.map(({ device }) => device).sort()).toEqual([macOf(2), macOf(3)]);
    expect(told).toMatchObject([
      { outcome: 'answered', status: 200 },
      { outcome: 'answered', status: 200 },
    ]);
    expect(counts(phones)).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
    expect(headerOf(phones[2]!.notifies()[0]!, 'Event')).toBe('check-sync;reboot=false');
  });

  test('a file that a model shares: every device of the model', async () => {
    const { phones, project, daemon } = await startSite(6);
    await daemon.told(() =>
      project.edit('devices.yml', 'extensions:', 'models: { acme/a2: { language: de } }\nextensions:'),
    );
    expect(counts(phones)).toEqual([0, 0, 0, 1, 1, 1]);
  });

  test('a file that a vendor shares: every device of the vendor, once', async () => {
    const { phones, project, daemon } = await startSite(4);
    await daemon.told(() => project.edit('devices.yml', '192.0.2.1', '192.0.2.2'));
    expect(counts(phones)).toEqual([1, 1, 1, 1]);
  });

  test('nothing that shows in a file: nobody', async () => {
    const { phones, project, daemon } = await startSite(2);
    await daemon.after(
      () => project.edit('devices.yml', 'acme, model: a1', 'acme, note: by the window, model: a1'),
      /build accepted/,
    );
    await daemon.after(
      () => project.edit('devices.yml', 'extensions:', '# people\nextensions:'),
      /build accepted .*touched=0/,
    );
    expect(counts(phones)).toEqual([0, 0]);
  });

  test('bytes that `offhook build` wrote before the daemon could: the device all the same', async () => {
    const phones = await startPhones(2);
    const project = createProject(siteOf(phones, fast));
    const daemon = await startDaemon(project, {
      timing: { watch: { quiet: 1500, most: 1500, scan: Number.POSITIVE_INFINITY } },
    });
    await until('the first NOTIFYs', () => daemon.notifies().length === 2);
    await daemon.told(async () => {
      // Until the system watches.
      await new Promise((done) => setTimeout(done, 300));
      project.edit('devices.yml', 'Person 1', 'Ada');
      const { dir, out, state } = project;
      expect(await build({ dir, out, state, shipped }, recordedConsole())).toBe(0);
      expect(project.outText(`${macOf(1)}.cfg`)).toContain('Ada');
    });
    expect(counts(phones)).toEqual([2, 2]);
  });

  test('a line that needs it: a reboot, for that device alone', async () => {
    const { phones, project, daemon } = await startSite(2);
    await daemon.told(() => project.edit('devices.yml', /(model: a1, )/, '$1vlan: { id: 7 }, '));
    expect(counts(phones)).toEqual([1, 0]);
    expect(headerOf(phones[0]!.notifies()[0]!, 'Event')).toBe('check-sync;reboot=true');
    await daemon.told(() => project.edit('devices.yml', 'Person 1', 'Person One'));
    expect(phones.map((phone) => headerOf(phone.notifies().at(-1)!, 'Event'))).toEqual([
      'check-sync;reboot=false',
      'check-sync;reboot=false',
    ]);
  });

  test('a file that it fetched is gone: the device, and nobody for a device that is gone itself', async () => {
    const { phones, project, daemon } = await startSite(4);
    await daemon.after(
      () => project.edit('templates/acme/vendor.yml', '  - { name: acme.cfg, template: common.cfg.njk }\n', ''),
      /build accepted .*changed=0 removed=1 touched=4/,
    );
    await until('the facts', () => daemon.notifies().length === 8);
    expect(counts(phones)).toEqual([1, 1, 1, 1]);
    await daemon.after(
      () => project.edit('devices.yml', new RegExp(`.*${macOf(4)}.*\n`), ''),
      /build accepted .*removed=1/,
    );
    expect(counts(phones)).toEqual([1, 1, 1, 1]);
  });
});

describe('a notified phone', () => {
  test('finds the new bytes over TFTP and over HTTP, and its old ETag no longer holds', async () => {
    const { phones, project, daemon } = await startSite(1);
    const path = `/${macOf(1)}.cfg`;
    const etag = String((await daemon.get(path)).headers.etag);
    expect((await daemon.get(path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    project.edit('devices.yml', 'Person 1', 'Ada Lovelace');
    await until('a NOTIFY', () => phones[0]!.notifies().length === 1);
    const fresh = await daemon.get(path, { headers: { 'If-None-Match': etag } });
    expect(fresh.status).toBe(200);
    expect(fresh.text).toContain('line.1.name = Ada Lovelace');
    expect(await daemon.rrq(path)).toBe(fresh.text);
    expect(fresh.text).toBe(project.outText(path));
    const [, notify] = await until('the fact', () => daemon.notifies().length === 2 && daemon.notifies());
    const [fetch] = await until('its row', () => daemon.fetches().length === 4 && daemon.fetches().slice(-1));
    expect(fetch).toMatchObject({ protocol: 'tftp', device: macOf(1), revision: notify!.revision });
  });

  test('without a fixed address is found where it last fetched from', async () => {
    const [phone] = await startPhones(1);
    const { port, address } = phone!;
    const project = createProject(siteOf([{ port }], fast));
    const daemon = await startDaemon(project);
    // Nobody knows where it is: that is a line for all such devices, and no NOTIFY that failed.
    await daemon.said(/ nobody has seen yet.* devices=1\b/);
    expect(daemon.notifies()).toEqual([]);
    await daemon.get(`/${macOf(1)}.cfg`, { from: address });
    await daemon.told(() => project.edit('devices.yml', 'Person 1', 'Ada'));
    expect(counts([phone!])).toEqual([1]);
    const [other] = await startPhones(1);
    project.edit('devices.yml', `sip_port: ${port}`, `sip_port: ${other!.port}`);
    await daemon.rrq(`${macOf(1)}.cfg`, other!.address);
    await daemon.told(() => project.edit('devices.yml', 'Ada', 'Grace'));
    expect(counts([phone!, other!])).toEqual([1, 1]);
  });

  test('that challenges gets the digest of its first line', async () => {
    const phone = await startListening(challenging);
    const daemon = await startDaemon(createProject(siteOf([phone])));
    const [fact] = await until('the fact', () => daemon.notifies().length === 1 && daemon.notifies());
    expect(fact).toMatchObject({ outcome: 'answered', status: 200 });
    expect(headerOf(phone.notifies()[1]!, 'Authorization')).toMatch(/username="1001"/);
    expect(daemon.log.join('')).not.toContain('secret-of-1001');
  });

  test.skipIf(sipp.missing)(`played by sipp answers (${sipp.sentence})`, async () => {
    const phone = await startSipp('answers');
    onTestFinished(phone.kill);
    const daemon = await startDaemon(createProject(siteOf([phone])));
    expect(await phone.ended()).toBe(0);
    const [fact] = await until('the fact', () => daemon.notifies().length === 1 && daemon.notifies());
    expect(fact).toMatchObject({ device: macOf(1), outcome: 'answered', status: 200, cause: 'change' });
  });
});

describe('nobody is notified', () => {
  test('with --no-notify', async () => {
    const phones = await startPhones(2);
    const project = createProject(siteOf(phones));
    const daemon = await startDaemon(project, { notify: false });
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted .*touched=2/);
    await daemon.stop();
    expect(counts(phones)).toEqual([0, 0]);
    expect(daemon.notifies()).toEqual([]);
  });

  test('while the site says `mode: off`, and again when it no longer does', async () => {
    const { phones, project, daemon } = await startSite(2, 'notify: { mode: off }');
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted .*touched=2/);
    expect(daemon.notifies()).toEqual([]);
    await daemon.after(() => project.edit('devices.yml', 'mode: off', 'mode: auto'), /build accepted .*touched=0/);
    await daemon.told(() => project.edit('devices.yml', 'Person 2', 'Grace'));
    expect(counts(phones)).toEqual([1, 1]);
  });

  test('who is silent is written down as silent, and holds up nobody else', async () => {
    const silent = await startListening(() => {});
    const [phone] = await startPhones(1);
    const timing = { sip: { t1: 20, t2: 80, t4: 100 } };
    const daemon = await startDaemon(createProject(siteOf([silent, phone!], fast)), { timing });
    const facts = await until('the facts', () => daemon.notifies().length === 2 && daemon.notifies());
    expect(Object.fromEntries(facts.map(({ device, outcome }) => [device, outcome]))).toEqual({
      [macOf(1)]: 'silent',
      [macOf(2)]: 'answered',
    });
  });

  test('the pace is live: a new one holds from the next build on', async () => {
    const { phones, project, daemon } = await startSite(2);
    await daemon.after(() => project.edit('devices.yml', 'per_second: 10000', 'per_second: 5000'), /build accepted/);
    await daemon.told(() => project.edit('devices.yml', 'Person 1', 'Ada'));
    expect(counts(phones)).toEqual([1, 1]);
  });
});

import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/sip/message.ts';
import { readTrials } from '../../src/state/trials.ts';
import { answerTo, type Say } from '../notify/phone.ts';
import {
  contactStatus,
  deviceState,
  listing,
  nobody,
  type Player,
  startPlayer,
  yealink,
} from '../registry/asterisk/recorded.ts';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { counts, type ListeningPhone, startListening, startPhones } from '../support/phones.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const fast = 'pace: { per_second: 10000, per_address: 10000 }';
const ami = ({ port }: Player) =>
  `registry:\n  - { name: office, asterisk: { host: 127.0.0.1, port: ${port}, user: offhook, password: amisecret } }`;
const edit = (project: Project, number: number, to: string) =>
  project.edit('devices.yml', new RegExp(`("${1_000 + number}": { name: )[^,]*`), `$1${to}`);

/** Phones that have been told of the first build; each watches the next. */
async function startSite(phones: readonly (ListeningPhone | { port: number })[], sections: string, timing = {}) {
  const project = createProject(siteOf(phones, sections));
  const daemon = await startDaemon(project, { timing });
  const listening = phones.filter((phone) => 'notifies' in phone);
  await until('the first NOTIFYs', () => counts(listening).every((count) => count > 0));
  await until('their facts', () => daemon.notifies().length >= listening.length);
  for (const phone of listening) phone.forget();
  return { project, daemon };
}

describe('a phone in a call', () => {
  async function startBusy(max_wait: string) {
    const player = await startPlayer();
    player.answers.PJSIPShowContacts = nobody;
    const phones = await startPhones(2);
    const { project, daemon } = await startSite(phones, `notify: { ${fast}, max_wait: ${max_wait} }\n${ami(player)}`);
    await daemon.said(/registrations are known source=office/);
    player.say(deviceState('1001', 'INUSE'));
    // A word for the device behind it: when that is known, the call is.
    player.say(contactStatus('1002', `sip:1002@${phones[1]!.address}:${phones[1]!.port}`, 'NonQualified'));
    await until('the call to be known', async () =>
      /offhook_registrations{source="office"} 1/.test((await daemon.get('/-/metrics')).text),
    );
    return { player, phones, project, daemon };
  }

  test('is left alone until it is over, and holds up nobody', async () => {
    const { player, phones, project, daemon } = await startBusy('10m');
    await daemon.after(
      () => edit(project, 1, 'Ada'),
      /is in a call, and is told when that is over device=02:00:00:00:00:01/,
    );
    await until('the other to be told', () => counts(phones).join() === '0,1');
    edit(project, 1, 'Grace');
    await until('the other to be told again', () => counts(phones).join() === '0,2');
    await daemon.after(() => player.say(deviceState('1001', 'NOT_INUSE')), /its call is over: it is told now/);
    await until('it to be told', () => counts(phones).join() === '1,2');
  });

  test('is told all the same when that takes too long', async () => {
    const { phones, project, daemon } = await startBusy('2s');
    await daemon.after(() => edit(project, 1, 'Ada'), /is in a call/);
    await daemon.said(/is still in a call after `max_wait`: it is told all the same/);
    await until('it to be told', () => counts(phones).join() === '1,1');
  });
});

describe('a window', () => {
  /** Hours of today's clock in UTC from now, as windows have them. */
  const clock = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);

  test('keeps devices from being told until it is open, a group by its own; their files are there', async () => {
    const phones = await startPhones(2);
    const { project, daemon } = await startSite(phones, `notify: { ${fast} }\ngroups: { lab: {} }`);
    project.edit('devices.yml', `"${macOf(2)}"`, `"${macOf(2)}", group: lab`);
    const closed = `window: { from: "${clock(2)}", to: "${clock(4)}" }`;
    await daemon.after(
      () => project.edit('devices.yml', 'groups: { lab: {} }', `groups: { lab: { notify: { ${closed} } } }`),
      /build accepted/,
    );
    edit(project, 2, 'Ada');
    await until('the one without a window', () => counts(phones).join() === '1,0');
    expect(project.outText(`${macOf(2)}.cfg`)).toContain('Ada');
    edit(project, 2, 'Grace');
    await until('the one without a window', () => counts(phones).join() === '2,0');
    project.edit('devices.yml', closed, `window: { from: "${clock(-1)}", to: "${clock(4)}" }`);
    await until('the other, once', () => counts(phones).join() === '2,1');
  });
});

describe('a phone that was not reached', () => {
  const timing = { sip: { t1: 20, t2: 80, t4: 100 } };

  test('is told again after a pause, as often as is wanted, and then left', async () => {
    const deaf = { now: false };
    const phone = await startListening((request, say) => deaf.now || say(answerTo(request, '200 OK')));
    const { project, daemon } = await startSite([phone], `notify: { ${fast}, retry: [1s, 1s] }`, timing);
    deaf.now = true;
    await daemon.after(() => edit(project, 1, 'Ada'), /was not reached, and is told no more until its files change/);
    expect(counts([phone])).toEqual([3]);
    const facts = await until('their facts', () => daemon.notifies().length === 4 && daemon.notifies());
    expect(facts.slice(1).map(({ outcome }) => outcome)).toEqual(['silent', 'silent', 'silent']);
    deaf.now = false;
    edit(project, 1, 'Grace');
    await until('it to be told', () => daemon.notifies().at(-1)?.outcome === 'answered');
  });

  test.each(['404 Not Found', '480 Temporarily Unavailable', '481 Call/Transaction Does Not Exist'])(
    'since nobody is known there (%s) is told where it has registered since, when that was asked for anew',
    async (answer) => {
      const moved = { now: false };
      const player = await startPlayer();
      const [old, now] = [
        await startListening((request, say) => say(answerTo(request, moved.now ? answer : '200 OK'))),
        await startListening(),
      ];
      const contact = ({ address, port }: ListeningPhone) =>
        yealink
          .replaceAll('127.0.0.41', address)
          .replaceAll('5071', String(port))
          .replaceAll('2002', '1001')
          .replace(';transport=TCP', '');
      player.answers.PJSIPShowContacts = listing(contact(old));
      const project = createProject(siteOf([{ port: old.port }], `notify: { ${fast}, retry: [4s] }\n${ami(player)}`));
      const daemon = await startDaemon(project);
      await until('the first NOTIFY', () => counts([old]).join() === '1');
      await until('its fact', () => daemon.notifies().length === 1);
      moved.now = true;
      player.answers.PJSIPShowContacts = listing(contact(now));
      edit(project, 1, 'Ada');
      await until('it to be told', () => counts([now]).join() === '1');
      expect(
        daemon
          .notifies()
          .map(({ status }) => status)
          .slice(0, 2),
      ).toEqual([200, Number.parseInt(answer, 10)]);
      expect(player.actions.filter((action) => action.includes('PJSIPShowContacts')).length).toBeGreaterThan(1);
    },
  );

  test('because it does not do the event is told the next one of its vendor', async () => {
    const knows = (request: Request, say: Say) =>
      say(
        answerTo(
          request,
          /resync/.test(String(request.headers.find(({ name }) => name === 'Event')?.value))
            ? '200 OK'
            : '489 Bad Event',
        ),
      );
    const phone = await startListening(knows);
    const { project, daemon } = await startSite([phone], `notify: { ${fast} }`);
    await daemon.after(
      () =>
        project.edit(
          'templates/acme/vendor.yml',
          'resync: { event: "check-sync;reboot=false" }',
          'resync: [{ event: "check-sync;reboot=false" }, { event: resync }]',
        ),
      /build accepted/,
    );
    const [fact] = await daemon.told(() => edit(project, 1, 'Ada'));
    expect(fact).toMatchObject({ event: 'resync', outcome: 'answered', status: 200 });
    expect(fact?.reason).toBeUndefined();
    expect(phone.events()).toBe('check-sync;reboot=false,resync');
  });
});

test('a group that says so has a rollout of its own: the others wait for their own canaries, or for nobody', async () => {
  const holder: { daemon?: RunningDaemon } = {};
  const phones = await Promise.all(
    [1, 2, 3, 4].map((number) =>
      startListening((request, say) => {
        say(answerTo(request, '200 OK'));
        if (number !== 3) void holder.daemon?.get(`/${macOf(number)}.cfg`).catch(() => {});
      }),
    ),
  );
  const project = createProject(
    siteOf(phones, `notify: { ${fast} }\ngroups: { lab: { notify: { canary: { devices: ["1003"], wait: 10m } } } }`)
      .replace(`"${macOf(3)}"`, `"${macOf(3)}", group: lab`)
      .replace(`"${macOf(4)}"`, `"${macOf(4)}", group: lab`),
  );
  const daemon = await startDaemon(project, { timing: { rollout: 20 } });
  holder.daemon = daemon;
  await until('the first NOTIFYs', () => counts(phones).join() === '1,1,1,1');
  await until('their facts', () => daemon.notifies().length === 4);
  for (const phone of phones) phone.forget();
  const all = () =>
    project.write('devices.yml', project.read('devices.yml').replaceAll('name: Person', 'name: Somebody'));
  await daemon.after(all, /canaries get a change first.* group=lab canaries=1/);
  await until('all but the other of the group', () => counts(phones).join() === '1,1,1,0');
  expect(project.outText(`${macOf(4)}.cfg`)).toContain('Person 4');
  expect(readTrials(project.state)).toMatchObject([{ cohort: 'lab', held: 1 }]);
  await daemon.get(`/${macOf(3)}.cfg`);
  await until('the other of the group', () => counts(phones).join() === '1,1,1,1');
  expect(project.outText(`${macOf(4)}.cfg`)).toContain('Somebody 4');
});

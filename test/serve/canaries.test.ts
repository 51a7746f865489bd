import { describe, expect, test } from 'vitest';
import type { Request } from '../../src/sip/message.ts';
import { readFleet } from '../../src/state/fleet.ts';
import { readPins } from '../../src/state/pins.ts';
import { readTrials, wishRollout } from '../../src/state/trials.ts';
import { answerTo, type Say } from '../notify/phone.ts';
import { contactStatus, listing, nobody, polycom, startPlayer } from '../registry/asterisk/recorded.ts';
import { type RunningDaemon, type StartOptions, startDaemon } from '../support/daemon.ts';
import { counts, type ListeningPhone, startListening } from '../support/phones.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const fast = 'pace: { per_second: 10000, per_address: 10000 }';
const quick: StartOptions = { timing: { rollout: 20 } };
const name = (project: Project, number: number) =>
  /line\.1\.name = (.*)/.exec(project.outText(`${macOf(number)}.cfg`))?.[1];

/** A phone that fetches what it is told to, from wherever the daemon is. */
async function startFetching(
  number: number,
  daemon: () => RunningDaemon | undefined,
  isDeaf = () => false,
): Promise<ListeningPhone> {
  return startListening((request: Request, say: Say) => {
    say(answerTo(request, '200 OK'));
    if (!isDeaf())
      void daemon()
        ?.get(`/${macOf(number)}.cfg`)
        .catch(() => {});
  });
}

/** Phones that have all fetched the first build, and a daemon. */
async function startSite(count: number, canary: string, { isDeaf = (): boolean => false, sections = '' } = {}) {
  const holder: { daemon?: RunningDaemon } = {};
  const phones = await Promise.all(
    Array.from({ length: count }, (_, index) => startFetching(index + 1, () => holder.daemon, isDeaf)),
  );
  const project = createProject(siteOf(phones, `notify: { ${fast}, canary: ${canary} }\n${sections}`));
  holder.daemon = await startDaemon(project, quick);
  await until('all of them to have the first build', () => stateCounts(project) === `current=${count}`);
  for (const phone of phones) phone.forget();
  const restart = async () => {
    await holder.daemon!.stop();
    holder.daemon = await startDaemon(project, quick);
    return holder.daemon;
  };
  return { phones, project, restart, daemon: () => holder.daemon! };
}

/** As `offhook status` counts them. */
function stateCounts(project: Project): string {
  const fleet = readFleet({ state: project.state, out: project.out, now: Date.now() }) ?? [];
  const states = Map.groupBy(fleet, ({ state }) => state);
  return [...states]
    .map(([state, some]) => `${state}=${some.length}`)
    .sort()
    .join(' ');
}

const names = (project: Project, count = 4) => Array.from({ length: count }, (_, index) => name(project, index + 1));
const all = (what: string, count = 4) => Array.from({ length: count }, (_, index) => `${what} ${index + 1}`);
const rename = (project: Project, from: string, to: string) =>
  project.write('devices.yml', project.read('devices.yml').replaceAll(`name: ${from} `, `name: ${to} `));
const toldOf = (daemon: RunningDaemon, from: number) =>
  daemon
    .notifies()
    .slice(from)
    .map(({ device }) => device);

describe('a change goes to the canaries first', () => {
  test('and to the others when these have fetched it: each is told once, and has its former files until then', async () => {
    const { phones, project, daemon } = await startSite(4, '{ devices: ["1002"], wait: 10m }');
    const before = daemon().notifies().length;
    await daemon().after(() => rename(project, 'Person', 'Somebody'), /canaries get a change first.* canaries=1/);
    await daemon().said(/all canaries are well: the others get the change.* devices=3/);
    await until('all to have it', () => names(project).join() === all('Somebody').join());
    await until('all to be told', () => daemon().notifies().length === before + 4);
    expect(toldOf(daemon(), before)[0]).toBe(macOf(2));
    expect(counts(phones)).toEqual([1, 1, 1, 1]);
    await until('the rollout to be over', () => readTrials(project.state).length === 0);
    await until('all to be current', () => stateCounts(project) === 'current=4');
    expect(readPins({ folder: project.state }).size).toBe(0);
  });

  test('and to nobody else when these do not fetch it in time: they go back, and it is said why', async () => {
    const deaf = { now: false };
    const { phones, project, daemon } = await startSite(4, '{ devices: ["1002", "1003"], wait: 2s }', {
      isDeaf: () => deaf.now,
    });
    deaf.now = true;
    const line = await daemon().after(() => rename(project, 'Person', 'Somebody'), /the rollout has stopped/);
    expect(line).toMatch(
      / held=2 .*2 of 2 canaries are not well in time; 02:00:00:00:00:02: notified, told .*has not fetched yet/,
    );
    await until('the canaries to go back', () => names(project).join() === all('Person').join());
    // They are told to fetch once more, and the others hear nothing.
    await until('the canaries to be told', () => counts(phones).join() === '0,2,2,0');
    const [trial] = readTrials(project.state);
    expect(trial).toMatchObject({ held: 2, stopped: { reason: expect.stringContaining('not well in time') } });
    const causes = [...readPins({ folder: project.state }).values()].map(({ cause }) => cause);
    expect(causes).toEqual(['rollout', 'canary', 'canary', 'rollout']);
    // Git is put right: what nobody has is tried by the canaries anew.
    deaf.now = false;
    rename(project, 'Somebody', 'Grace');
    await until('all to have it', () => names(project).join() === all('Grace').join());
    await until('all to be told', () => counts(phones).join() === '1,3,3,1');
    await until('the rollout to be over', () => readTrials(project.state).length === 0);
  });

  test('and what is taken back while they have it leaves nobody held', async () => {
    const deaf = { now: false };
    const { phones, project, daemon } = await startSite(4, '{ devices: ["1002"], wait: 1s }', {
      isDeaf: () => deaf.now,
    });
    deaf.now = true;
    await daemon().after(() => rename(project, 'Person', 'Somebody'), /the rollout has stopped/);
    deaf.now = false;
    await until('the canary to be told again', () => counts(phones).join() === '0,2,0,0');
    await daemon().after(() => rename(project, 'Somebody', 'Person'), /build accepted/);
    await until('the rollout to be over', () => readTrials(project.state).length === 0);
    expect(readPins({ folder: project.state }).size).toBe(0);
    expect(names(project)).toEqual(all('Person'));
    expect(counts(phones)).toEqual([0, 2, 0, 0]);
  });

  test('and another change on top of it is proven with it, by the same canaries', async () => {
    const deaf = { now: false };
    const { phones, project, daemon } = await startSite(4, '{ devices: ["1002"], wait: 10m }', {
      isDeaf: () => deaf.now,
    });
    deaf.now = true;
    await daemon().after(() => rename(project, 'Person', 'Somebody'), /canaries get a change first/);
    await until('the canary to be told', () => counts(phones).join() === '0,1,0,0');
    await daemon().after(() => rename(project, 'Somebody', 'Grace'), /canaries get a change first/);
    await until('the canary to be told again', () => counts(phones).join() === '0,2,0,0');
    expect(names(project)).toEqual(['Person 1', 'Grace 2', 'Person 3', 'Person 4']);
    deaf.now = false;
    await daemon().get(`/${macOf(2)}.cfg`);
    await until('all to be told', () => counts(phones).join() === '1,2,1,1');
    expect(names(project)).toEqual(all('Grace'));
  });

  test('of a share of them by their MACs, one at least; a change of one device is no rollout', async () => {
    const { phones, project, daemon } = await startSite(4, '{ percent: 1 }');
    await daemon().after(() => rename(project, 'Person', 'Somebody'), /canaries get a change first.* canaries=1/);
    await until('all to be told', () => counts(phones).join() === '1,1,1,1');
    await until('the rollout to be over', () => readTrials(project.state).length === 0);
    const from = daemon().log.length;
    project.edit('devices.yml', 'model: a1, extension: "1001"', 'model: a1, vlan: { id: 7 }, extension: "1001"');
    await until('it to be told', () => counts(phones).join() === '2,1,1,1');
    expect(daemon().log.slice(from).join('')).not.toContain('canaries');
  });

  test('and a restart goes on where it was, while they prove it, and when it has stopped', async () => {
    const deaf = { now: false };
    const site = await startSite(4, '{ devices: ["1002"], wait: 10m }', { isDeaf: () => deaf.now });
    const { phones, project } = site;
    deaf.now = true;
    await site.daemon().after(() => rename(project, 'Person', 'Somebody'), /canaries get a change first/);
    await until('the canary to be told', () => counts(phones).join() === '0,1,0,0');
    const [before] = readTrials(project.state);
    const second = await site.restart();
    await second.said(/build accepted/);
    expect(readTrials(project.state)).toEqual([before]);
    expect(names(project)).toEqual(['Person 1', 'Somebody 2', 'Person 3', 'Person 4']);
    await second.after(() => project.edit('devices.yml', 'wait: 10m', 'wait: 1s'), /build accepted/);
    wishRollout(project.state, { word: 'stop', began: [before!.began] });
    await second.said(/the rollout has stopped.*somebody stopped it/);
    await until('the canary to go back', () => names(project).join() === all('Person').join());
    const third = await site.restart();
    await third.said(/build accepted/);
    expect(readTrials(project.state)).toMatchObject([{ stopped: { reason: 'somebody stopped it' } }]);
    expect(names(project)).toEqual(all('Person'));
    deaf.now = false;
    wishRollout(project.state, { word: 'go', began: [before!.began] });
    await until('all to have it', () => names(project).join() === all('Somebody').join());
    await until('the rollout to be over', () => readTrials(project.state).length === 0);
    await until('the others to be told', () => counts(phones)[0] === 1 && counts(phones)[3] === 1);
  });
});

describe('a canary that is to register again', () => {
  /** 1002 with its registration until then, as a listing says it. */
  const listed = ({ address, port }: ListeningPhone, expires: number) =>
    listing(
      polycom
        .replaceAll('2001', '1002')
        .replaceAll('127.0.0.41', address)
        .replaceAll('5070', String(port))
        .replace(/ExpirationTime: \d+/, `ExpirationTime: ${expires}`),
    );

  test('is well when it has, after it fetched: that it goes on being listed is not enough', async () => {
    const player = await startPlayer();
    player.answers.PJSIPShowContacts = nobody;
    const registry = `registry:\n  - { name: office, asterisk: { host: 127.0.0.1, port: ${player.port}, user: offhook, password: amisecret, every: 10 } }`;
    const { phones, project, daemon } = await startSite(3, '{ devices: ["1002"], wait: 10m, require: registered }', {
      sections: registry,
    });
    const canary = phones[1]!;
    const soon = Math.floor(Date.now() / 1000) + 3_600;
    const registered = async (expires: number) => {
      player.answers.PJSIPShowContacts = listed(canary, expires);
      const asked = () => player.actions.filter((action) => action.includes('PJSIPShowContacts')).length;
      const before = asked();
      player.say(contactStatus('1002', `sip:1002@${canary.address}:${canary.port};transport=UDP`, 'Reachable'));
      await until('it to be listed', () => asked() > before);
    };
    await registered(soon);
    await daemon().after(() => rename(project, 'Person', 'Somebody'), /canaries get a change first/);
    await until(
      'the canary to be current',
      () => names(project, 3)[1] === 'Somebody 2' && counts(phones).join() === '0,1,0',
    );
    await until('its fetch', () => stateCounts(project) === 'current=3');
    // Between two listings it is looked at again and again.
    for (let times = 0; times < 2; times++) await registered(soon);
    expect(readTrials(project.state)[0]?.canaries[0]?.well).toBeUndefined();
    expect(names(project, 3)[0]).toBe('Person 1');
    await registered(soon + 60);
    await until('the others', () => counts(phones).join() === '1,1,1');
    expect(names(project, 3)).toEqual(all('Somebody', 3));
  });
});

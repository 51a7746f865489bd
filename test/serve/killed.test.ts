import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readFleet } from '../../src/state/fleet.ts';
import { readPins } from '../../src/state/pins.ts';
import { readTrials } from '../../src/state/trials.ts';
import { answerTo } from '../notify/phone.ts';
import { portsOf, type Running, startOffhook } from '../support/offhook.ts';
import { counts, startListening } from '../support/phones.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const size = 40;

/** A phone that fetches when it is told to, and goes on asking while nobody serves it. */
const startFetching = (number: number, port: () => number, isThere: () => boolean) =>
  startListening((request, say) => {
    say(answerTo(request, '200 OK'));
    const fetchIt = (): Promise<unknown> =>
      fetch(`http://127.0.0.1:${port()}/${macOf(number)}.cfg`).then(
        (answer) => answer.text(),
        () => isThere() && new Promise((done) => setTimeout(done, 50)).then(fetchIt),
      );
    void fetchIt();
  });

test('a daemon that is killed again and again in the middle of a rollout tells each phone once, the canaries first', async () => {
  let [httpPort, isOver] = [0, false];
  const phones = await Promise.all(
    Array.from({ length: size }, (_, index) =>
      startFetching(
        index + 1,
        () => httpPort,
        () => !isOver,
      ),
    ),
  );
  const settings = 'pace: { per_second: 1000, per_address: 1000 }, retry: [5s], canary: { percent: 10, wait: 10m }';
  const project = createProject(siteOf(phones, `notify: { ${settings} }`));
  let daemon: Running;
  const start = async () => {
    daemon = startOffhook([
      'serve',
      '--project',
      project.dir,
      '--host',
      '127.0.0.1',
      '--http-port',
      String(httpPort),
      '--tftp-port',
      '0',
    ]);
    ({ http: httpPort } = await portsOf(daemon));
  };
  const kill = async () => {
    daemon.kill('SIGKILL');
    await daemon.ended;
  };
  const states = () =>
    readFleet({ state: project.state, out: project.out, now: Date.now() })?.map(({ state }) => state) ?? [];
  const told = () => counts(phones).reduce((sum, count) => sum + count, 0);

  await start();
  await until('all to have the first build', () => states().filter((state) => state === 'current').length === size);
  for (const phone of phones) phone.forget();
  project.edit('devices.yml', 'per_second: 1000', 'per_second: 20');
  project.write('devices.yml', project.read('devices.yml').replaceAll('name: Person', 'name: Somebody'));
  // The first time while the canaries prove it, the others while the rest is told.
  for (const when of [1, 8, 15, 25, 33]) {
    await until(
      () => `${when} to be told, of ${counts(phones)}, in\n${daemon.err()}`,
      () => told() >= when,
    );
    // In the time between two of them: what a phone does in the very moment of a kill nobody knows.
    await pause(25);
    await kill();
    await start();
  }
  await until(
    () => `all to have it: ${counts(phones)} in\n${daemon.err()}`,
    () =>
      Array.from({ length: size }, (_, index) => project.outText(`${macOf(index + 1)}.cfg`)).every((text) =>
        text.includes('Somebody'),
      ) && counts(phones).every((count) => count > 0),
  );
  isOver = true;
  expect(counts(phones)).toEqual(Array(size).fill(1));
  await until('the rollout to be over', () => readTrials(project.state).length === 0);
  expect(readPins({ folder: project.state }).size).toBe(0);
}, 180_000);

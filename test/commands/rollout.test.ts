import { describe, expect, test } from 'vitest';
import { rolloutLines } from '../../src/commands/format-rollout.ts';
import type { Mac } from '../../src/model/mac.ts';
import type { Trial } from '../../src/rollout/trial.ts';
import { readTrials } from '../../src/state/trials.ts';
import { startDaemon } from '../support/daemon.ts';
import { offhook } from '../support/offhook.ts';
import { counts, startPhones } from '../support/phones.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const trial: Trial = {
  ...{ cohort: '', began: 0, until: 900_000, require: 'fetched', held: 95 },
  canaries: [1, 2].map((number) => ({
    mac: macOf(number) as Mac,
    from: 'a',
    to: 'b',
    well: number === 1 ? 5 : undefined,
  })),
};
const linesOf = (...trials: Trial[]) => rolloutLines({ trials, waiting: {}, reasons: new Map() }, 1_000_000);

describe('a rollout is told', () => {
  test('by how many canaries are well, and how many wait for them', () => {
    expect(linesOf(trial, { ...trial, cohort: 'lab', held: 1 })).toEqual([
      'rollout: 1 of 2 canaries are well, until 1970-01-01T00:15:00.000Z; 95 devices keep their files until then',
      'rollout of group lab: 1 of 2 canaries are well, until 1970-01-01T00:15:00.000Z; 1 device keeps its files until then',
    ]);
  });

  test('loudly when it has stopped, with the reason and what to do', () => {
    expect(linesOf({ ...trial, stopped: { at: 400_000, reason: 'no \u001b[31manswer' } })).toEqual([
      expect.stringMatching(/^ROLLOUT STOPPED 10 min ago: no [^\u001b]*answer$/),
      '  95 devices keep their files, and the canaries went back to theirs (02:00:00:00:00:01, 02:00:00:00:00:02)',
      '  put right what git says, and the canaries try that; or let all have it: offhook rollout go',
    ]);
  });

  test('with who waits for what', () => {
    const waiting = {
      window: { devices: 3, until: 0 },
      call: { devices: 2, until: 0 },
      answer: { devices: 4, until: 0 },
      turn: { devices: 1, until: 0 },
    };
    expect(rolloutLines({ trials: [], waiting, reasons: new Map() }, 0)).toEqual([
      'not told yet: 3 until their window opens (1970-01-01T00:00:00.000Z), 2 until their call is over, 4 whose answer is awaited, 1 as the pace allows',
    ]);
  });
});

describe('offhook rollout', () => {
  test('shows it, as status does, and lets everybody have the change', async () => {
    const phones = await startPhones(3);
    const canary = 'canary: { devices: ["1002"], wait: 10m }';
    const project = createProject(siteOf(phones, `notify: { pace: { per_second: 1000 }, ${canary} }`));
    const run = (...args: string[]) => offhook([...args, '--project', project.dir]);
    const daemon = await startDaemon(project, { timing: { rollout: 20 } });
    await until('the first NOTIFYs', () => counts(phones).join() === '1,1,1');
    expect(await run('rollout')).toEqual({ code: 0, out: 'everybody was told\n', err: '' });
    expect(await run('rollout', 'go')).toMatchObject({ code: 1, err: expect.stringContaining('there is no rollout') });
    await daemon.after(
      () => project.write('devices.yml', project.read('devices.yml').replaceAll('name: Person', 'name: Ada')),
      /canaries get a change first/,
    );
    await until('the canary to be told', () => counts(phones).join() === '1,2,1');
    const line = /^rollout: 0 of 1 canaries are well, until .*; 2 devices keep their files until then$/m;
    expect((await run('rollout')).out).toMatch(line);
    expect((await run('status')).out).toMatch(line);
    const { rollout } = JSON.parse((await run('status', '--format', 'json')).out);
    expect(rollout.trials).toMatchObject([{ state: 'proving', held: 2, canaries: [{ mac: macOf(2) }] }]);
    expect(JSON.parse((await run('rollout', '--format', 'json')).out).trials).toEqual(rollout.trials);
    expect(await run('rollout', 'stop')).toMatchObject({ code: 0, err: '' });
    await daemon.said(/the rollout has stopped.*somebody stopped it/);
    expect((await run('status')).out).toMatch(
      /^ROLLOUT STOPPED .*somebody stopped it\n {2}2 devices keep their files/m,
    );
    expect(await run('rollout', 'go')).toEqual({ code: 0, out: 'devices that get the change now: 2\n', err: '' });
    await until('all to be told', () => counts(phones).join() === '2,4,2');
    await until('the rollout to be over', () => readTrials(project.state).length === 0);
  });

  test('says that nobody hears of it when no daemon runs, and leaves no wish for the next one', async () => {
    const phones = await startPhones(2);
    const project = createProject(siteOf(phones, 'notify: { canary: { percent: 1, wait: 10m } }'));
    const daemon = await startDaemon(project);
    await until('the first NOTIFYs', () => counts(phones).join() === '1,1');
    await daemon.after(
      () => project.write('devices.yml', project.read('devices.yml').replaceAll('name: Person', 'name: Ada')),
      /canaries get a change first/,
    );
    await daemon.stop();
    const { code, err } = await offhook(['rollout', 'go', '--project', project.dir]);
    expect([code, err]).toEqual([1, 'offhook: no daemon runs that could do it: start `offhook serve` first\n']);
    const second = await startDaemon(project);
    await second.said(/devices are held back until it is their turn devices=1/);
    expect(readTrials(project.state)).toMatchObject([{ held: 1 }]);
  });
});

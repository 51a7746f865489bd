import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { createPins, type Pin, readPins } from '../../src/state/pins.ts';
import { ada, bob } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const pinOf = (device: Mac, more: Partial<Pin> = {}): Pin => ({
  ...{ device, revision: 'r1', at: 1000, cause: 'person' },
  ...more,
});

function open(folder: string) {
  const pins = createPins({ folder, log: linesLog().log });
  onTestFinished(pins.close);
  return pins;
}

test('pins are there after a restart, and for who only reads', () => {
  const folder = stateFolder();
  expect(readPins({ folder }).size).toBe(0);
  const canary = pinOf(bob, { cause: 'canary', from: 'r2', reason: 'no answer' });
  open(folder).pin([pinOf(ada), canary]);
  expect(open(folder).of(bob)).toEqual(canary);
  expect([...readPins({ folder }).values()]).toEqual([canary, pinOf(ada)]);
  open(folder).unpin([ada]);
  expect([...open(folder).all().keys()]).toEqual([bob]);
});

test('what another process pins is noticed, and what this one does is not news', () => {
  const folder = stateFolder();
  const [daemon, verb] = [open(folder), open(folder)];
  expect(daemon.refresh()).toBe(false);
  const before = daemon.changes();
  verb.pin([pinOf(ada)]);
  expect(daemon.of(ada)).toBeUndefined();
  expect([daemon.refresh(), daemon.refresh()]).toEqual([true, false]);
  expect(daemon.of(ada)).toEqual(pinOf(ada));
  expect(daemon.changes()).toBe(before + 1);
  daemon.pin([pinOf(bob)]);
  expect(daemon.refresh()).toBe(false);
  verb.unpin([ada]);
  expect(daemon.refresh()).toBe(true);
  expect([...daemon.all().keys()]).toEqual([bob]);
});

test('nobody is pinned any more when the file is removed under a daemon', () => {
  const folder = stateFolder();
  const daemon = open(folder);
  daemon.pin([pinOf(ada)]);
  for (const ending of ['', '-wal', '-shm']) rmSync(join(folder, `pins.db${ending}`), { force: true });
  expect(daemon.refresh()).toBe(true);
  expect(daemon.all().size).toBe(0);
  daemon.pin([pinOf(bob)]);
  expect([...readPins({ folder }).keys()]).toEqual([bob]);
});

import { expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { createOwed } from '../../src/state/owed.ts';
import { openWritten } from '../../src/state/written.ts';
import { stateFolder } from './folder.ts';

const [a, b] = ['020000000001', '020000000002'] as Mac[] as [Mac, Mac];
const log = { info() {}, warn() {}, error() {} };

/** Opens the record anew each time, as after a restart. */
function createStay() {
  const folder = stateFolder();
  const open = (out = '/out') => {
    const written = openWritten({ folder, out, log });
    const owed = createOwed(written);
    return {
      owed,
      leave() {
        owed.close();
        written.close();
      },
    };
  };
  return open;
}

const left = (open: ReturnType<typeof createStay>, out?: string) => {
  const { owed, leave } = open(out);
  const taken = owed.take().map(({ mac, reboot }) => [mac, reboot]);
  leave();
  return taken;
};

test('who was not told is owed it after a restart, a reboot too, and only for that folder', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([
    { mac: a, reboot: false },
    { mac: b, reboot: true },
  ]);
  owed.add([{ mac: b, reboot: false }]);
  leave();
  expect(left(open)).toEqual([
    [a, false],
    [b, true],
  ]);
  expect(left(open, '/other')).toEqual([]);
});

test('who was told is owed nothing', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([
    { mac: a, reboot: false },
    { mac: b, reboot: false },
  ]);
  expect(owed.take().map(({ mac }) => mac)).toEqual([a, b]);
  owed.settle([a]);
  leave();
  expect(left(open)).toEqual([[b, false]]);
});

test('who changes again while it is told is owed that one, too', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([{ mac: a, reboot: false }]);
  owed.take();
  owed.add([{ mac: a, reboot: false }]);
  owed.settle([a]);
  expect(owed.take().map(({ mac }) => mac)).toEqual([a]);
  leave();
  expect(left(open)).toEqual([[a, false]]);
  const again = open();
  again.owed.take();
  again.owed.settle([a]);
  again.leave();
  expect(left(open)).toEqual([]);
});

test('nobody is owed anything when nobody is to be told', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([{ mac: a, reboot: true }]);
  owed.forget();
  expect(owed.take()).toEqual([]);
  leave();
  expect(left(open)).toEqual([]);
});

test('how far it is with somebody is there after a restart, and counts no more for the next change', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([{ mac: a, reboot: true }]);
  owed.take();
  const row = { mac: a, reboot: true, attempts: 2, due: 1_795_306_296_000, waits: 'retry' };
  owed.note([row, { ...row, mac: b }]);
  leave();
  const again = open();
  expect(again.owed.take()).toEqual([row]);
  again.owed.add([{ mac: a, reboot: false }]);
  again.owed.note([row]);
  again.leave();
  const last = open();
  expect(last.owed.take()).toEqual([{ mac: a, reboot: true, attempts: 0, due: 0 }]);
  last.owed.forget();
  last.leave();
  expect(left(open)).toEqual([]);
});

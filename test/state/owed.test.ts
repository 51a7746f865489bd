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
  const taken = [...owed.take()];
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
  expect([...owed.take().keys()]).toEqual([a, b]);
  owed.settle(a);
  leave();
  expect(left(open)).toEqual([[b, false]]);
});

test('who changes again while it is told is owed that one, too', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([{ mac: a, reboot: false }]);
  owed.take();
  owed.add([{ mac: a, reboot: false }]);
  owed.settle(a);
  expect([...owed.take().keys()]).toEqual([a]);
  leave();
  expect(left(open)).toEqual([[a, false]]);
  const again = open();
  again.owed.take();
  again.owed.settle(a);
  again.leave();
  expect(left(open)).toEqual([]);
});

test('nobody is owed anything when nobody is to be told', () => {
  const open = createStay();
  const { owed, leave } = open();
  owed.add([{ mac: a, reboot: true }]);
  owed.forget();
  expect(owed.take().size).toBe(0);
  leave();
  expect(left(open)).toEqual([]);
});

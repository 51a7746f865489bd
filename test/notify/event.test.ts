import { expect, test } from 'vitest';
import { changedLines, eventFor, needsReboot } from '../../src/notify/event.ts';

const vendor = {
  notify: { resync: { event: 'check-sync;reboot=false' }, reboot: { event: 'check-sync;reboot=true' } },
  reboot_when: [/^network\.vlan\./, /lang\.gui/gi],
};

test('asks for a resync where that is enough', () => {
  const change = { before: 'a = 1\nnetwork.vlan.id = 5', after: 'a = 2\nnetwork.vlan.id = 5' };
  expect(eventFor(vendor, [change])).toBe(vendor.notify.resync);
});

test('asks for a reboot when one of the changed lines of one of the files needs it', () => {
  const changes = [
    { before: 'a', after: 'b' },
    { before: 'x = 1\nnetwork.vlan.id = 5', after: 'x = 1\nnetwork.vlan.id = 6' },
  ];
  expect(eventFor(vendor, changes)).toBe(vendor.notify.reboot);
});

test('does so for a line that came or went, too, and each time it is asked', () => {
  const change = { before: '', after: 'LANG.GUI = German' };
  for (let times = 0; times < 3; times++) expect(needsReboot(vendor.reboot_when, [change])).toBe(true);
  expect(needsReboot(vendor.reboot_when, [{ before: 'network.vlan.id = 1' }])).toBe(true);
  expect(needsReboot(vendor.reboot_when, [{ after: 'network.vlan.id = 1' }])).toBe(true);
  expect(needsReboot([], [{ after: 'network.vlan.id = 1' }])).toBe(false);
});

test('sees lines that changed, whatever their order and their line ends', () => {
  expect(changedLines({ before: 'a\r\nb\r\n', after: 'b\na' })).toEqual([]);
  expect(changedLines({ before: 'a\nb\nb', after: 'a\nb\nc' })).toEqual(['b', 'c']);
  expect(changedLines({ before: 'same', after: 'same' })).toEqual([]);
});

import { expect, test } from 'vitest';
import { changedLines, needsReboot } from '../../src/notify/event.ts';

const patterns = [/^network\.vlan\./, /lang\.gui/gi];

test('needs no reboot where no line that needs one changed', () => {
  const change = { before: 'a = 1\nnetwork.vlan.id = 5', after: 'a = 2\nnetwork.vlan.id = 5' };
  expect(needsReboot(patterns, [change])).toBe(false);
});

test('needs a reboot when one of the changed lines of one of the files does', () => {
  const changes = [
    { before: 'a', after: 'b' },
    { before: 'x = 1\nnetwork.vlan.id = 5', after: 'x = 1\nnetwork.vlan.id = 6' },
  ];
  expect(needsReboot(patterns, changes)).toBe(true);
});

test('does so for a line that came or went, too, and each time it is asked', () => {
  const change = { before: '', after: 'LANG.GUI = German' };
  for (let times = 0; times < 3; times++) expect(needsReboot(patterns, [change])).toBe(true);
  expect(needsReboot(patterns, [{ before: 'network.vlan.id = 1' }])).toBe(true);
  expect(needsReboot(patterns, [{ after: 'network.vlan.id = 1' }])).toBe(true);
  expect(needsReboot([], [{ after: 'network.vlan.id = 1' }])).toBe(false);
});

test('sees lines that changed, whatever their order and their line ends', () => {
  expect(changedLines({ before: 'a\r\nb\r\n', after: 'b\na' })).toEqual([]);
  expect(changedLines({ before: 'a\nb\nb', after: 'a\nb\nc' })).toEqual(['b', 'c']);
  expect(changedLines({ before: 'same', after: 'same' })).toEqual([]);
});

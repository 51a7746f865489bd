import { describe, expect, test } from 'vitest';
import { parseMac } from '../../../src/model/mac.ts';
import { type DeviceChange, editDevices, refusedText } from '../../../src/source/edit/devices.ts';

const mac = (text: string) => parseMac(text)!;
const device = { mac: '00:15:65:12:34:57', vendor: 'acme', model: 'a1', extension: '1002' };
const add: DeviceChange = { kind: 'add', device };
const change = (patch: Extract<DeviceChange, { kind: 'change' }>['patch']): DeviceChange => ({
  ...{ kind: 'change', mac: mac('001565123456'), patch },
});
const remove: DeviceChange = { kind: 'remove', mac: mac('001565123456') };

const edited = (text: string, what: DeviceChange): string => {
  const result = editDevices('devices.yml', text, what);
  return 'text' in result ? result.text : refusedText(result.refused);
};

describe('a device that is added', () => {
  test.each<[where: string, before: string, after: string]>([
    [
      'comes behind the last one, and stands as that does',
      '# ours\ndevices:\n  - { mac: "00:15:65:12:34:56", vendor: acme } # hall\n# end\n',
      '# ours\ndevices:\n  - { mac: "00:15:65:12:34:56", vendor: acme } # hall\n  - { mac: "00:15:65:12:34:57", vendor: acme, model: a1, extension: "1002" }\n# end\n',
    ],
    [
      'has a line for each word where the one before it has',
      "devices:\n- mac: '00-15-65-AB-34-56'\n  vendor: acme\n  note: |\n    in the\n    hall\n\ngroups: {}\n",
      "devices:\n- mac: '00-15-65-AB-34-56'\n  vendor: acme\n  note: |\n    in the\n    hall\n- mac: '00-15-65-12-34-57'\n  vendor: acme\n  model: a1\n  extension: '1002'\n\ngroups: {}\n",
    ],
    [
      'is parted from it by an empty line where the others are',
      'devices:\r\n  -   mac: 001565123455\r\n\r\n  -   mac: 001565123456',
      'devices:\r\n  -   mac: 001565123455\r\n\r\n  -   mac: 001565123456\r\n\r\n  -   mac: "001565123457"\r\n      vendor: acme\r\n      model: a1\r\n      extension: "1002"',
    ],
    [
      'stands within brackets where the others do',
      'devices: [\n  { mac: "00:15:65:12:34:56" }, # a\n  { mac: "00:15:65:12:34:58" } # b\n  ]\n',
      'devices: [\n  { mac: "00:15:65:12:34:56" }, # a\n  { mac: "00:15:65:12:34:58" }, # b\n  { mac: "00:15:65:12:34:57", vendor: acme, model: a1, extension: "1002" }\n  ]\n',
    ],
    [
      'is JSON in a file of JSON',
      '{\n  "devices": [\n    { "mac": "00:15:65:12:34:56" }\n  ]\n}\n',
      '{\n  "devices": [\n    { "mac": "00:15:65:12:34:56" },\n    { "mac": "00:15:65:12:34:57", "vendor": "acme", "model": "a1", "extension": "1002" }\n  ]\n}\n',
    ],
    [
      'is the first of a list that says nothing',
      'devices: # none yet\nsip: { server: a }\n',
      'devices: # none yet\n  - { mac: "00:15:65:12:34:57", vendor: acme, model: a1, extension: "1002" }\nsip: { server: a }\n',
    ],
    [
      'is the first of an empty list',
      'devices: []\n',
      'devices: [{ mac: "00:15:65:12:34:57", vendor: acme, model: a1, extension: "1002" }]\n',
    ],
    [
      'gets a section where there is none',
      'sip: { server: a }',
      'sip: { server: a }\ndevices:\n  - { mac: "00:15:65:12:34:57", vendor: acme, model: a1, extension: "1002" }',
    ],
    ['gets a file', '', 'devices:\n  - { mac: "00:15:65:12:34:57", vendor: acme, model: a1, extension: "1002" }\n'],
  ])('%s', (_, before, after) => {
    expect(edited(before, add)).toBe(after);
  });
});

describe('a device that is changed', () => {
  test.each<[how: string, before: string, patch: Parameters<typeof change>[0], after: string]>([
    [
      'keeps quotes, comments and order',
      'devices:\n  - { vendor: \'acme\', mac: "00:15:65:12:34:56" , extension: 1001 } # hall\n',
      { extension: '1002', vendor: 'other' },
      'devices:\n  - { vendor: \'other\', mac: "00:15:65:12:34:56" , extension: 1002 } # hall\n',
    ],
    [
      'gets quotes where its text needs them',
      'devices:\n  - mac: 001565123456\n    note: hall # where\n',
      { note: 'hall: #2' },
      'devices:\n  - mac: 001565123456\n    note: "hall: #2" # where\n',
    ],
    [
      'gets new words behind its last one',
      'devices:\n  - mac: 001565123456\n    # the line\n    extension: "1001" # Ada\n  # next\n  - mac: 001565123457\n',
      { lldp: false, lines: [{ extension: '1001', label: 'A & B' }] },
      'devices:\n  - mac: 001565123456\n    # the line\n    extension: "1001" # Ada\n    lldp: false\n    lines: [{ extension: "1001", label: A & B }]\n  # next\n  - mac: 001565123457\n',
    ],
    [
      'loses words with their lines',
      'devices:\n  - extension: "1001"\n    mac: 001565123456\n    # kept\n    note: |\n      gone\n    vlan: { id: 3 }\n',
      { extension: null, note: null },
      'devices:\n  - mac: 001565123456\n    # kept\n    vlan: { id: 3 }\n',
    ],
    [
      'loses words with their commas',
      'devices: [{ extension: "1001", mac: 001565123456, note: x, ip: 192.0.2.1 }]',
      { extension: null, note: null, ip: null },
      'devices: [{ mac: 001565123456 }]',
    ],
    [
      'changes within a mapping, whose other words stay',
      'devices:\n  - mac: 001565123456\n    vlan:\n      id: 3 # voice\n      priority: 5\n    sip: { server: a, port: 5060 }\n',
      { vlan: { id: 4 }, sip: { port: null, expiry: 60 } },
      'devices:\n  - mac: 001565123456\n    vlan:\n      id: 4 # voice\n      priority: 5\n    sip: { server: a, expiry: 60 }\n',
    ],
    [
      'has a list on one line that stood on several',
      'devices:\n  - mac: 001565123456\n    lines:\n      - extension: "1001"\n      - extension: "1002"\n    note: x\n',
      { lines: [{ extension: '1003' }] },
      'devices:\n  - mac: 001565123456\n    lines: [{ extension: "1003" }]\n    note: x\n',
    ],
    [
      'says for itself what it merged before',
      'models: &m { a/b: { vlan: { id: 1 } } }\nx: &base { vendor: acme, vlan: { id: 1, priority: 2 } }\ndevices:\n  - <<: *base\n    mac: 001565123456\n',
      { vlan: { id: 2 }, vendor: 'other' },
      'models: &m { a/b: { vlan: { id: 1 } } }\nx: &base { vendor: acme, vlan: { id: 1, priority: 2 } }\ndevices:\n  - <<: *base\n    mac: 001565123456\n    vlan: { id: 2, priority: "2" }\n    vendor: other\n',
    ],
    [
      'says something where it said nothing',
      'devices:\n  - mac: 001565123456\n    note: # later\n    ip:\n  - { mac: 001565123457, note: }\n',
      { note: 'now', ip: '192.0.2.1' },
      'devices:\n  - mac: 001565123456\n    note: now # later\n    ip: "192.0.2.1"\n  - { mac: 001565123457, note: }\n',
    ],
  ])('%s', (_, before, patch, after) => {
    expect(edited(before, change(patch))).toBe(after);
  });
});

describe('a device that is removed', () => {
  test.each<[how: string, before: string, after: string]>([
    [
      'takes its lines, and no comment of others',
      'devices:\n  # first\n  - mac: 001565123455\n  # hall\n  - mac: 001565123456 # a\n    # b\n    note: c # d\n  # last\n  - mac: 001565123457\n',
      'devices:\n  # first\n  - mac: 001565123455\n  # hall\n  # last\n  - mac: 001565123457\n',
    ],
    ['leaves an empty section', 'devices:\n- mac: 001565123456\nsip: {}\n', 'devices:\nsip: {}\n'],
    ['leaves an empty list', 'devices: [ { mac: 001565123456 } ]', 'devices: [  ]'],
    ['takes its comma', 'devices: [{ mac: 001565123456 }, { mac: 1 }]', 'devices: [{ mac: 1 }]'],
    [
      'leaves a file without a line break at its end as it was',
      'devices:\n  - mac: 001565123455\n  - mac: 001565123456',
      'devices:\n  - mac: 001565123455',
    ],
  ])('%s', (_, before, after) => {
    expect(edited(before, remove)).toBe(after);
  });
});

describe('refused, with the place and the reason, is a device', () => {
  const list = 'devices:\n  - mac: 001565123456\n';
  test.each<[what: string, text: string, change: DeviceChange, message: string]>([
    [
      'that is an alias',
      'x: &d { mac: 001565123456 }\ndevices:\n  - *d\n',
      change({ note: 'x' }),
      'devices.yml:3:5 cannot be edited here: the device is an alias of &d; change it in the file',
    ],
    [
      'whose word is an alias',
      'x: &e "1001"\ndevices:\n  - { mac: 001565123456, extension: *e }\n',
      change({ extension: '1002' }),
      'devices.yml:3:37 cannot be edited here: it is an alias of &e, which others may have too; change it in the file',
    ],
    [
      'whose word others refer to',
      'devices:\n  - { mac: 001565123456, extension: &e "1001" }\n  - { mac: 001565123457, extension: *e }\n',
      change({ extension: '1002' }),
      'devices.yml:2:37 cannot be edited here: it has the anchor &e, which an alias elsewhere refers to; change it in the file',
    ],
    [
      'that others merge, and that is to go',
      'devices:\n  - &d { mac: 001565123456 }\n  - { <<: *d, mac: 001565123457 }\n',
      remove,
      'devices.yml:2:5 cannot be edited here: it has the anchor &d, which an alias elsewhere refers to; change it in the file',
    ],
    [
      'that others merge, and would change',
      'devices:\n  - &d { mac: 001565123456 }\n  - { <<: *d, mac: 001565123457 }\n',
      change({ note: 'x' }),
      'devices.yml:2:8 cannot be edited here without changing something else; change it in the file',
    ],
    [
      'that merges what is to go',
      'x: &b { note: x }\ndevices:\n  - { <<: *b, mac: 001565123456 }\n',
      change({ note: null }),
      'devices.yml:3:5 cannot be edited here: "note" comes from a mapping that is merged here (<<); change it in the file',
    ],
    [
      'in a list that is an alias',
      'x: &l [{ mac: 001565123456 }]\ndevices: *l\n',
      add,
      'devices.yml:2:10 cannot be edited here: the list of devices is an alias of &l; change it in the file',
    ],
    [
      'in a list that is none',
      'devices: { a: b }\n',
      add,
      'devices.yml:1:10 cannot be edited here: devices is no list here; change it in the file',
    ],
    [
      'in one of several documents',
      `${list}---\na: b\n`,
      add,
      'devices.yml:4:1 the file has to be mended first: not YAML: a second document; wanted one, without --- between its parts',
    ],
    [
      'in a file that gives a key twice',
      `${list}    mac: 1\n`,
      change({ note: 'x' }),
      'devices.yml:3:5 the file has to be mended first: the key "mac" is given twice (the other: line 2)',
    ],
    [
      'in a template',
      '{% for n in range(3) %}\ndevices: []\n{% endfor %}\n',
      add,
      'devices.yml:1:2 the file has to be mended first: not YAML: missed comma between flow collection entries',
    ],
    ['that is not there', 'devices: []\n', remove, 'devices.yml the device is not in this file'],
  ])('%s', (_, text, what, message) => {
    expect(edited(text, what)).toBe(message);
  });
});

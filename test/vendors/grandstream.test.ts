import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parsePosixTimezone, withinDay } from '../../src/model/timezone.ts';
import { createProject, readXml } from './support/site.ts';

const { renderFile, renderSite, eventBetween } = createProject();

const site = (model: string, rest = '', top = '') => `
server: { address: 192.168.1.14 }
sip: { server: pbx.example.com }
${top}
extensions:
  "1001": { name: Ada, password: one }
  "1002": { name: Grace, password: two, auth_user: grace }
  "1003": { name: Hedy, password: three }
  "1004": { name: Joan, password: four }
  "1005": { name: Mary, password: five }
  "1006": { name: Radia, password: six }
devices:
  - mac: 000b82aabbcc
    vendor: grandstream
    model: ${model}
${rest
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;
const read = async (...settings: Parameters<typeof site>) =>
  readXml(await renderFile('cfg000b82aabbcc.xml', site(...settings)));

test('a phone gets its file under both names, with its own MAC in it', async () => {
  const { files, problems } = await renderSite(site('gxp2170', 'extension: "1001"'));
  expect(problems).toEqual([]);
  expect([...files.keys()].sort()).toEqual(['000b82aabbcc.cfg', 'cfg000b82aabbcc.xml']);
  expect(files.get('000b82aabbcc.cfg')).toBe(files.get('cfg000b82aabbcc.xml'));
  expect(readXml(files.get('cfg000b82aabbcc.xml') ?? '').get('mac')).toBe('000b82aabbcc');
});

test('six accounts have their numbers from the table, the last ones 17xx and 18xx', async () => {
  const six = [1, 2, 3, 4, 5, 6].map((n) => `{ extension: "100${n}" }`).join(', ');
  const p = await read('gxp2170', `lines: [${six}]`);
  const all = (...names: string[]) => names.map((name) => p.get(name));
  expect(all('P271', 'P401', 'P501', 'P601', 'P1701', 'P1801')).toEqual(['1', '1', '1', '1', '1', '1']);
  expect(all('P35', 'P404', 'P504', 'P604', 'P1704', 'P1804')).toEqual([
    '1001',
    '1002',
    '1003',
    '1004',
    '1005',
    '1006',
  ]);
  expect(all('P34', 'P406', 'P506', 'P606', 'P1706', 'P1806')).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  expect(all('P36', 'P405')).toEqual(['1001', 'grace']);
  expect(all('P47', 'P1802')).toEqual(['pbx.example.com:5060', 'pbx.example.com:5060']);
  expect([...p.keys()].filter((name) => /^P[78]\d\d$/.test(name))).toEqual([]);
});

test('accounts that are not used are inactive and without credentials', async () => {
  const p = await read('gxp1630', 'extension: "1001"');
  expect(['P401', 'P404', 'P406', 'P501', 'P504', 'P506'].map((name) => p.get(name))).toEqual([
    '0',
    '',
    '',
    '0',
    '',
    '',
  ]);
  expect(p.has('P601')).toBe(false);
});

test('expiry is in minutes, rounded down but never 0', async () => {
  const expiry = async (seconds: number) =>
    (await read('gxp1625', `extension: "1001"\nsip: { expiry: ${seconds} }`)).get('P32');
  expect([await expiry(3600), await expiry(119), await expiry(30)]).toEqual(['60', '1', '1']);
});

test('P2 is the administrator’s password and nothing else', async () => {
  expect((await read('gxp1625', 'extension: "1001"')).has('P2')).toBe(false);
  const p = await read('gxp1625', 'extension: "1001"\nadmin_password: s3cret\nuser_password: us3r');
  expect([p.get('P2'), p.get('P196')]).toEqual(['s3cret', 'us3r']);
});

test('NOTIFY is taken without a challenge, and cannot reset the phone', async () => {
  const p = await read('gxp2170', 'lines: [{ extension: "1001" }, { extension: "1002" }]');
  expect(p.get('P4428')).toBe('1');
  expect(['P26015', 'P26115', 'P26215', 'P26315', 'P26415', 'P26515'].map((name) => p.get(name))).toEqual(
    Array(6).fill('0'),
  );
});

test('a time zone is a POSIX rule with letters for names', async () => {
  const zone = async (name: string) => {
    const p = await read('gxp1625', `extension: "1001"\ntimezone: ${name}`);
    return [p.get('P64'), p.get('P246')];
  };
  expect(await zone('Europe/Berlin')).toEqual(['customize', 'STD-01:00DST-02:00,M3.5.0/02:00:00,M10.5.0/03:00:00']);
  expect(await zone('America/New_York')).toEqual(['customize', 'STD+05:00DST+04:00,M3.2.0/02:00:00,M11.1.0/02:00:00']);
  expect(await zone('Asia/Kathmandu')).toEqual(['customize', 'STD-05:45']);
  expect(await zone('UTC')).toEqual(['customize', 'STD+00:00']);
});

test('every time zone, read back, has the offset and the summer time that it had', async () => {
  const rules = readFileSync(new URL('../../templates/_shared/timezones.yml', import.meta.url), 'utf8');
  const zones = new Map(
    [...rules.matchAll(/^([A-Z]\S+): "?([^"\n]+)"?$/gm)].map(([, name = '', posix = '']) => [posix, name]),
  );
  expect(zones.size).toBeGreaterThan(50);
  const devices = [...zones.values()].map(
    (zone, index) =>
      `  - { mac: 000b82${String(index).padStart(6, '0')}, vendor: grandstream, model: gxp1625, timezone: ${zone} }`,
  );
  const { files, problems } = await renderSite(`server: { address: 192.168.1.14 }\ndevices:\n${devices.join('\n')}\n`);
  expect(problems).toEqual([]);
  for (const [index, [posix, name]] of [...zones].entries()) {
    const text = readXml(files.get(`cfg000b82${String(index).padStart(6, '0')}.xml`) ?? '').get('P246') ?? '';
    expect(text.length).toBeLessThanOrEqual(64);
    const [wanted, seen] = [parsePosixTimezone(name, posix), parsePosixTimezone(name, text)];
    expect([name, seen.offset, seen.dst?.save]).toEqual([name, wanted.offset, wanted.dst?.save]);
    const rule = wanted.dst && { start: withinDay(wanted.dst.start), end: withinDay(wanted.dst.end) };
    expect(seen.dst && { start: seen.dst.start, end: seen.dst.end }).toEqual(rule);
  }
});

test('a GXP2170 has its first page of keys in one scale of modes, the others in another, and no hole', async () => {
  const keys = `lines: [{ extension: "1001" }, { extension: "1002" }]
keys:
  - { type: blf, value: "1003" }
  - { type: speed_dial, value: "+49301234", label: Taxi, position: 7, line: 2 }
  - { type: blf, value: "1004", position: 14 }`;
  const p = await read('gxp2170', keys);
  const key = (mode: number, label: number) => [mode, mode + 1, label, label + 1].map((number) => p.get(`P${number}`));
  expect(key(1363, 1465)).toEqual(['0', '0', 'Ada', '']);
  expect(key(1365, 1467)).toEqual(['0', '1', 'Grace', '']);
  expect(key(1367, 1469)).toEqual(['11', '0', 'Hedy', '1003']);
  expect(key(1373, 1475)).toEqual(['-1', '0', '', '']);
  expect(key(23800, 23802)).toEqual(['10', '1', 'Taxi', '+49301234']);
  expect(key(23824, 23826)).toEqual(['-1', '0', '', '']);
  expect(key(23828, 23830)).toEqual(['1', '0', 'Joan', '1004']);
  expect(key(23964, 23966)).toEqual(['-1', '0', '', '']);
  expect(p.has('P23968')).toBe(false);
});

test('a GXP1630 has eight keys of their own, the eighth apart from the row', async () => {
  const keys = `lines: [{ extension: "1001" }, { extension: "1002" }]
keys: [{ type: blf, value: "1003" }, { type: speed_dial, value: "112", label: Help, position: 8, line: 2 }]`;
  const p = await read('gxp1630', keys);
  const all = (...numbers: number[]) => numbers.map((number) => p.get(`P${number}`));
  expect(all(323, 301, 302, 303)).toEqual(['1', '0', 'Hedy', '1003']);
  expect(all(329, 319, 320, 321)).toEqual(['0', '0', '', '']);
  expect(all(353, 354, 355, 356)).toEqual(['0', '1', 'Help', '112']);
  expect(all(1363, 1364, 1365, 1366, 1367, 1368)).toEqual(['0', '0', '0', '1', '0', '0']);
});

test('a GXP1625 refuses a key that watches somebody', async () => {
  const { problems } = await renderSite(site('gxp1625', 'extension: "1001"\nkeys: [{ type: blf, value: "1002" }]'));
  expect(problems).toEqual([
    'GXP1625 has no key of type blf; wanted one of line, speed_dial, dtmf, voicemail, intercom, transfer, none',
  ]);
});

test('every slot for a codec is filled, the last codec repeated', async () => {
  const slots = [57, 58, 59, 60, 61, 62, 46, 98].map((number) => `P${number}`);
  const codecs = async (model: string) => {
    const p = await read(model, 'extension: "1001"\ncodecs: [g722, pcma, pcmu]');
    return slots.map((name) => p.get(name));
  };
  expect(await codecs('gxp2170')).toEqual(['9', '8', '0', '0', '0', '0', '0', '0']);
  expect(await codecs('gxp1630')).toEqual(['9', '8', '0', '0', '0', '0', '0', undefined]);
});

test('the schedule is minutes, or a full hour of the day, or never', async () => {
  const schedule = async (refresh: string) => {
    const p = await read('gxp1625', `extension: "1001"${refresh && `\nrefresh: ${refresh}`}`);
    return ['P194', 'P193', 'P285'].map((name) => p.get(name));
  };
  expect(await schedule('{ every: 1440 }')).toEqual(['1', '1440', undefined]);
  expect(await schedule('{ at: "03:30" }')).toEqual(['2', undefined, '3']);
  expect(await schedule('')).toEqual(['0', undefined, undefined]);
});

test('the server is told by protocol and by host and path without a scheme', async () => {
  const told = async (server: string) => {
    const text = site('gxp1625', 'extension: "1001"').replace('{ address: 192.168.1.14 }', server);
    const p = readXml(await renderFile('cfg000b82aabbcc.xml', text));
    return [p.get('P212'), p.get('P237')];
  };
  expect(await told('{ address: 192.168.1.14 }')).toEqual(['1', '192.168.1.14:8080']);
  expect(
    await told('{ address: prov.example.lan, protocol: https, http: { port: 443 }, proxies: [192.168.1.5] }'),
  ).toEqual(['2', 'prov.example.lan']);
  const https = '{ address: prov.example.lan, protocol: https, https: { port: 4443 }, proxies: [192.168.1.5] }';
  expect(await told(https)).toEqual(['2', 'prov.example.lan:4443']);
  expect(await told('{ address: 192.168.1.14, protocol: tftp }')).toEqual(['0', '192.168.1.14']);
});

test('a raw parameter stands last and wins', async () => {
  const p = await read('gxp1625', 'extension: "1001"\nparameters: { P4428: "0", P8375: "0" }');
  expect([p.get('P4428'), p.get('P8375')]).toEqual(['0', '0']);
  const { problems } = await renderSite(site('gxp1625', 'extension: "1001"\nparameters: { "P1><P2": x }'));
  expect(problems).toHaveLength(1);
});

test('a changed VLAN needs a reboot, a changed codec does not', async () => {
  const before = site('gxp2170', 'extension: "1001"\nvlan: { id: 5 }');
  expect(
    await eventBetween('grandstream', before, site('gxp2170', 'extension: "1001"\nvlan: { id: 5 }\ncodecs: [pcma]')),
  ).toBe('resync');
  expect(await eventBetween('grandstream', before, site('gxp2170', 'extension: "1001"\nvlan: { id: 6 }'))).toBe(
    'check-sync;reboot=true',
  );
});

import { expect, test } from 'vitest';
import { createProject, readXml } from './support/site.ts';

const { renderFile, renderSite, eventBetween } = createProject();

const site = (rest = 'extension: "1001"', name = 'Grace') => `
server: { address: 192.168.1.14 }
sip: { server: pbx.example.com }
extensions:
  "1001": { name: Ada, password: one }
  "1002": { name: ${JSON.stringify(name)}, password: two, auth_user: grace }
devices:
  - mac: 8843e157ddcc
    vendor: cisco
    model: spa504g
${rest
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;
const read = async (...settings: Parameters<typeof site>) =>
  readXml(await renderFile('8843e157ddcc.xml', site(...settings)));

test('the first file of a phone leads to its own, which says the same', async () => {
  const { files, problems } = await renderSite(site());
  expect(problems).toEqual([]);
  expect([...files.keys()].sort()).toEqual(['8843e157ddcc.cfg', '8843e157ddcc.xml', 'spa504G.cfg']);
  expect(files.get('8843e157ddcc.cfg')).toBe(files.get('8843e157ddcc.xml'));
  const rules = ['spa504G.cfg', '8843e157ddcc.xml'].map((name) => readXml(files.get(name) ?? '').get('Profile_Rule'));
  expect(rules).toEqual(['http://192.168.1.14:8080/$MA.xml', 'http://192.168.1.14:8080/$MA.xml']);
});

test('a line registers with its own credentials and takes a NOTIFY without a challenge', async () => {
  const p = await read('lines: [{ extension: "1001" }, { extension: "1002" }]');
  const line = (n: number) =>
    ['Line_Enable', 'Proxy', 'User_ID', 'Auth_ID', 'Password', 'Auth_Resync-Reboot'].map((name) =>
      p.get(`${name}_${n}_`),
    );
  expect(line(1)).toEqual(['Yes', 'pbx.example.com:5060', '1001', '1001', 'one', 'No']);
  expect(line(2)).toEqual(['Yes', 'pbx.example.com:5060', '1002', 'grace', 'two', 'No']);
  expect(line(3)).toEqual(['No', '', '', '', '', 'No']);
  expect(line(4)).toEqual(['No', '', '', '', '', 'No']);
});

test('a second server makes a list', async () => {
  const p = await read(
    'extension: "1001"\nsip: { server: pbx.example.com, backup: { server: pbx2.example.com, port: 5062 } }',
  );
  expect(p.get('Proxy_1_')).toBe('servers1:SRV=pbx.example.com:5060:p=0|pbx2.example.com:5062:p=1');
  expect(p.get('Use_DNS_SRV_1_')).toBe('Yes');
});

test('keys are lines, BLF and speed dials; those that are not used are cleared', async () => {
  const p = await read(
    'extension: "1001"\nkeys: [{ type: blf, value: "1002" }, { type: speed_dial, value: "+49301234", label: Taxi }]',
  );
  const key = (n: number) => ['Extension', 'Short_Name', 'Extended_Function'].map((name) => p.get(`${name}_${n}_`));
  expect(key(1)).toEqual(['1', 'Ada', '']);
  expect(key(2)).toEqual(['Disabled', 'Grace', 'fnc=blf+sd+cp;sub=1002@$PROXY;vid=1;nme=Grace']);
  expect(key(3)).toEqual(['Disabled', 'Taxi', 'fnc=sd;ext=+49301234@$PROXY;vid=1;nme=Taxi']);
  expect(key(4)).toEqual(['Disabled', '', '']);
});

test.each([
  'x;fnc=sd;ext=0900123',
  'x;nme=y',
  '$PROXY',
  '$(GPP_A)',
  ';;==$$',
  '</Extended_Function_2_><Admin_Passwd>x</Admin_Passwd>',
])('a name like %j adds no word to a function and nothing to the file', async (name) => {
  const keys = 'extension: "1001"\nkeys: [{ type: blf, value: "1002" }]';
  const [plain, hostile] = [await read(keys), await read(keys, name)];
  expect([...hostile.keys()]).toEqual([...plain.keys()]);
  const words = (hostile.get('Extended_Function_2_') ?? '').split(';').map((word) => word.split('='));
  expect(words.map(([word]) => word)).toEqual(['fnc', 'sub', 'vid', 'nme']);
  expect(words.every((word) => word.length === 2)).toBe(true);
  expect(words[3]?.[1]).not.toContain('$');
  expect(hostile.get('Short_Name_2_')).not.toContain('$');
});

test('a number keeps what can stand in one, and its own host', async () => {
  const functionOf = async (value: string) => {
    const p = await read(`extension: "1001"\nkeys: [{ type: speed_dial, label: x, value: ${JSON.stringify(value)} }]`);
    return p.get('Extended_Function_2_');
  };
  expect(await functionOf('*97#')).toBe('fnc=sd;ext=*97#@$PROXY;vid=1;nme=x');
  expect(await functionOf('112;nme=y $A')).toBe('fnc=sd;ext=112nmeyA@$PROXY;vid=1;nme=x');
  expect(await functionOf('bob@example.com:5070')).toBe('fnc=sd;ext=bob@example.com:5070;vid=1;nme=x');
});

test('summer time is told as the first weekday on or after a day', async () => {
  const time = async (zone: string) => {
    const p = await read(`extension: "1001"\ntimezone: ${zone}`);
    return ['Time_Zone', 'Daylight_Saving_Time_Enable', 'Daylight_Saving_Time_Rule'].map((name) => p.get(name));
  };
  expect(await time('America/New_York')).toEqual([
    'GMT-05:00',
    'Yes',
    'start=3/8/7/02:00:00;end=11/1/7/02:00:00;save=01:00:00',
  ]);
  expect(await time('Asia/Jerusalem')).toEqual([
    'GMT+02:00',
    'Yes',
    'start=3/23/5/02:00:00;end=10/25/7/02:00:00;save=01:00:00',
  ]);
  expect(await time('UTC')).toEqual(['GMT', 'No', undefined]);
});

test('the schedule is seconds or a time of day', async () => {
  const schedule = async (refresh: string) => {
    const p = await read(`extension: "1001"\nrefresh: ${refresh}`);
    return [p.get('Resync_Periodic'), p.get('Resync_At__HHmm_')];
  };
  expect(await schedule('{ every: 60 }')).toEqual(['3600', '']);
  expect(await schedule('{ at: "03:30" }')).toEqual(['0', '0330']);
});

test('a promise that the phone cannot keep is a fault', async () => {
  const { problems } = await renderSite(site('extension: "1001"\nsrtp: required'));
  expect(problems).toEqual(['Cisco has no srtp required; wanted one of off, optional']);
});

test('a language that the phone has no dictionary for leaves it English', async () => {
  const { files, problems } = await renderSite(site('extension: "1001"\nlanguage: pl'));
  expect(problems).toEqual(['Cisco has no language pl, and stays at en; it has en, de, fr, es']);
  expect(readXml(files.get('8843e157ddcc.xml') ?? '').get('Language_Selection')).toBe('English');
});

test('a changed VLAN needs a reboot, a changed codec does not', async () => {
  const before = site('extension: "1001"\nvlan: { id: 5 }');
  expect(await eventBetween('cisco', before, site('extension: "1001"\nvlan: { id: 5 }\ncodecs: [pcma]'))).toBe(
    'resync',
  );
  expect(await eventBetween('cisco', before, site('extension: "1001"\nvlan: { id: 6 }'))).toBe('reboot_now');
});

import { expect, test } from 'vitest';
import { createProject, readXml } from './support/site.ts';

const { renderFile, renderSite, eventBetween } = createProject();

const site = (rest = 'extension: "1001"') => `
server: { address: 192.168.1.14 }
sip: { server: pbx.example.com }
extensions:
  "1001": { name: Ada, password: one, voicemail: "*97" }
  "1002": { name: Grace, password: two, auth_user: grace }
  "1003": { name: Hedy }
devices:
  - mac: 0004f2abcdef
    vendor: polycom
    model: vvx450
${rest
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;
const read = async (rest?: string, name = 'phone0004f2abcdef.cfg') => readXml(await renderFile(name, site(rest)));

test('the master file lists only files that are there, the raw parameters first, and no firmware', async () => {
  const { files, problems } = await renderSite(site());
  expect(problems).toEqual([]);
  for (const name of ['0004f2abcdef.cfg', '000000000000.cfg']) {
    const master = readXml(files.get(name) ?? '');
    expect(master.get('APP_FILE_PATH')).toBe('');
    const listed = master.get('CONFIG_FILES')?.split(', ') ?? [];
    expect(listed.filter((file) => !files.has(file))).toEqual([]);
    expect(listed.at(-1)).toBe('polycom.cfg');
  }
  const [first, second] =
    readXml(files.get('0004f2abcdef.cfg') ?? '')
      .get('CONFIG_FILES')
      ?.split(', ') ?? [];
  expect([first, second]).toEqual(['parameters0004f2abcdef.cfg', 'phone0004f2abcdef.cfg']);
  expect(files.has('0004f2abcdef-directory.xml')).toBe(true);
});

test('check-sync restarts a phone only when a changed value needs it', async () => {
  const p = await read(undefined, 'polycom.cfg');
  expect(p.get('voIpProt.SIP.specialEvent.checkSync.alwaysReboot')).toBe('0');
});

test('every attribute has a line of its own, so that a plan sees what restarts the phone', async () => {
  const text = await renderFile(
    'phone0004f2abcdef.cfg',
    site('extension: "1001"\nvlan: { id: 5 }\nadmin_password: "1234"'),
  );
  const lines = text.split('\n').filter((line) => /="/.test(line) && !line.startsWith('<?xml'));
  expect(lines.filter((line) => !/^ +[A-Za-z][\w.]*="[^"]*"$/.test(line))).toEqual([]);
});

test('what lives in flash has its .set, and device.set', async () => {
  const p = await read('extension: "1001"\nvlan: { id: 5 }\nadmin_password: "1234"\nuser_password: "5678"');
  const kept = [...p.keys()].filter((name) => name.startsWith('device.') && !/(?:^device|\.)\.?set$/.test(name));
  expect(kept).toContain('device.auth.localAdminPassword');
  expect(kept).toContain('device.net.vlanId');
  expect(kept.filter((name) => p.get(`${name}.set`) !== '1')).toEqual([]);
  expect(p.get('device.set')).toBe('1');
});

test('lines register with their own credentials', async () => {
  const p = await read('lines: [{ extension: "1001" }, { extension: "1002" }]');
  const line = (n: number) =>
    ['address', 'auth.userId', 'auth.password', 'server.1.address', 'server.1.transport'].map((name) =>
      p.get(`reg.${n}.${name}`),
    );
  expect(line(1)).toEqual(['1001', '1001', 'one', 'pbx.example.com', 'UDPOnly']);
  expect(line(2)).toEqual(['1002', 'grace', 'two', 'pbx.example.com', 'UDPOnly']);
  expect([p.get('msg.mwi.1.callBack'), p.get('msg.mwi.2.callBackMode')]).toEqual(['*97', 'disabled']);
});

test('every key has its place: lines by number, BLF in the order of their list, speed dials from the directory', async () => {
  const keys = `extension: "1001"
keys:
  - { type: speed_dial, value: "+49301234", label: "Taxi & Co" }
  - { type: blf, value: "1002", position: 5 }
  - { type: blf, value: "1003" }
  - { type: voicemail, position: 12, label: Messages }`;
  const p = await read(keys);
  const key = (n: number) => [p.get(`lineKey.${n}.category`), p.get(`lineKey.${n}.index`)];
  expect([1, 2, 3, 5, 6, 12].map(key)).toEqual([
    ['Line', '1'],
    ['SpeedDial', '2'],
    ['Unassigned', undefined],
    ['BLF', '0'],
    ['BLF', '0'],
    ['SpeedDial', '12'],
  ]);
  const watched = [1, 2, 3].map((n) => [
    p.get(`attendant.resourceList.${n}.address`),
    p.get(`attendant.resourceList.${n}.label`),
  ]);
  expect(watched).toEqual([
    ['1002', 'Grace'],
    ['1003', 'Hedy'],
    [undefined, undefined],
  ]);
  const directory = (await renderFile('0004f2abcdef-directory.xml', site(keys))).replace(/\s*\n\s*/g, '');
  expect(directory).toContain(
    '<item_list><item><fn>Taxi &amp; Co</fn><ct>+49301234</ct><sd>2</sd></item><item><fn>Messages</fn><ct>*97</ct><sd>12</sd></item></item_list>',
  );
});

test('codecs that are not named are off', async () => {
  const p = await read('extension: "1001"\ncodecs: [g722, pcma]');
  const codecs = [...p].filter(([name]) => name.startsWith('voice.codecPref.'));
  expect(codecs.filter(([, preference]) => preference !== '0')).toEqual([
    ['voice.codecPref.G711_A', '2'],
    ['voice.codecPref.G722', '1'],
  ]);
});

test('summer time is told by week and weekday, the offset in seconds', async () => {
  const time = async (zone: string, end: 'start' | 'stop') => {
    const p = await read(`extension: "1001"\ntimezone: ${zone}`);
    const rule = ['month', 'date', 'dayOfWeek', 'dayOfWeek.lastInMonth', 'time'];
    return [
      p.get('tcpIpApp.sntp.gmtOffset'),
      ...rule.map((name) => p.get(`tcpIpApp.sntp.daylightSavings.${end}.${name}`)),
    ];
  };
  expect(await time('America/New_York', 'start')).toEqual(['-18000', '3', '8', '1', '0', '2']);
  expect(await time('America/New_York', 'stop')).toEqual(['-18000', '11', '1', '1', '0', '2']);
  expect(await time('Europe/Berlin', 'stop')).toEqual(['3600', '10', '22', '1', '1', '3']);
  const p = await read('extension: "1001"\ntimezone: Asia/Tokyo');
  expect([p.get('tcpIpApp.sntp.gmtOffset'), p.get('tcpIpApp.sntp.daylightSavings.enable')]).toEqual(['32400', '0']);
});

test('https refuses plain HTTP, off turns the page off', async () => {
  const web = async (word: string) => {
    const p = await read(`extension: "1001"\nweb: ${word}`);
    return ['enabled', 'cfg.enabled', 'cfg.secureTunnelRequired'].map((name) => p.get(`httpd.${name}`));
  };
  expect(await web('https')).toEqual(['1', '1', '1']);
  expect(await web('http')).toEqual(['1', '1', '0']);
  expect(await web('"off"')).toEqual(['0', '0', '0']);
});

test('a raw parameter is in the file that is listed first', async () => {
  const p = await read('extension: "1001"\nparameters: { up.oneTouchVoiceMail: "0" }', 'parameters0004f2abcdef.cfg');
  expect([...p].filter(([name]) => name.includes('.'))).toEqual([['up.oneTouchVoiceMail', '0']]);
});

test('a phone is told of every change by the one event that it has', async () => {
  const before = site('extension: "1001"\nvlan: { id: 5 }');
  expect(await eventBetween('polycom', before, site('extension: "1001"\nvlan: { id: 5 }\ncodecs: [pcma]'))).toBe(
    'check-sync',
  );
  expect(await eventBetween('polycom', before, site('extension: "1001"\nvlan: { id: 6 }'))).toBe('check-sync');
});

test('a phone with a phonebook has a directory of its own only for its speed dials: else it takes the seed', async () => {
  const seed = '000000000000-directory.xml';
  const own = '0004f2abcdef-directory.xml';
  const withBook = 'extension: "1001"\ndirectory: { phonebook: on }';
  const { files, problems } = await renderSite(site(withBook));
  expect([problems, files.has(own), files.has(seed)]).toEqual([[], false, true]);
  expect([...(files.get(seed) ?? '').matchAll(/<ln>(.*)<\/ln>/g)].map(([, name]) => name)).toEqual([
    'Ada',
    'Grace',
    'Hedy',
  ]);
  const withDial = await renderSite(site(`${withBook}\nkeys: [{ type: speed_dial, value: "0", label: Taxi }]`));
  expect([withDial.files.has(own), withDial.files.get(own)?.includes('Taxi')]).toEqual([true, true]);
  const without = await renderSite(site());
  expect([without.files.has(own), without.files.has(seed)]).toEqual([true, false]);
});

import { describe, expect, test } from 'vitest';
import { createProject } from './support/site.ts';

const { renderFile, renderSite, eventBetween } = createProject();

const site = (rest = 'extension: "1001"', { model = 'yealink, model: t46s', name = 'Ada', defaults = '{}' } = {}) => `
server: { address: 192.168.1.14 }
sip: { server: pbx.example.com }
defaults: ${defaults}
extensions:
  "1001": { name: ${name}, password: one }
  "1002": { name: Grace, password: two, auth_user: grace }
devices:
  - { mac: "00:15:65:12:34:56", vendor: ${model}, ${rest} }
`;

/** As a phone reads it: the last of two values counts. */
const readLines = (text: string) =>
  new Map(
    text.split('\n').flatMap((line) => (line.includes(' = ') ? [line.split(/ = (.*)/, 2) as [string, string]] : [])),
  );
const read = async (...options: Parameters<typeof site>) =>
  readLines(await renderFile('001565123456.cfg', site(...options)));

describe('a Yealink phone', () => {
  test('is led from its boot file to the common one and its own', async () => {
    const { files, problems } = await renderSite(site());
    expect(problems).toEqual([]);
    expect([...files.keys()].sort()).toEqual([
      ...['001565123456.boot', '001565123456.cfg', 'y000000000000.boot', 'y000000000066.cfg'],
    ]);
    expect(files.get('001565123456.boot')).toBe(
      '#!version:1.0.0.1\ninclude:config "y000000000066.cfg"\ninclude:config "001565123456.cfg"\noverwrite_mode = 1\n',
    );
    expect(files.get('y000000000000.boot')).toBe(
      '#!version:1.0.0.1\n[T46S]include:config "y000000000066.cfg"\noverwrite_mode = 0\n',
    );
    for (const text of files.values()) expect(text.startsWith('#!version:1.0.0.1\n')).toBe(true);
  });

  test('loses a line and a key that are taken away', async () => {
    const two = await read(
      'lines: [{ extension: "1001" }, { extension: "1002" }], keys: [{ type: blf, value: "1002" }]',
    );
    expect(['enable', 'user_name', 'auth_name', 'password'].map((name) => two.get(`account.2.${name}`))).toEqual([
      ...['1', '1002', 'grace', 'two'],
    ]);
    const one = await read('extension: "1001"');
    expect(['enable', 'user_name', 'auth_name', 'password'].map((name) => one.get(`account.2.${name}`))).toEqual([
      ...['0', '%NULL%', '%NULL%', '%NULL%'],
    ]);
    expect([1, 2, 3, 27].map((n) => two.get(`linekey.${n}.type`))).toEqual(['15', '15', '16', '0']);
    expect([1, 2, 3, 27].map((n) => one.get(`linekey.${n}.type`))).toEqual(['15', '0', '0', '0']);
  });

  test('watches a colleague, by name and with the code to take the call', async () => {
    const key = await read('extension: "1001", pickup_code: "**", keys: [{ type: blf, value: "1002" }]');
    expect(['type', 'value', 'label', 'extension', 'pickup_value'].map((name) => key.get(`linekey.2.${name}`))).toEqual(
      [...['16', '1002', 'Grace', '**', '**']],
    );
  });

  test('has the wanted codecs in order, and no other', async () => {
    const lines = await read('extension: "1001", codecs: [opus, pcma]');
    const on = [...lines].filter(([name, value]) => /codec\..*\.enable$/.test(name) && value === '1');
    expect(on.map(([name]) => name)).toEqual(['account.1.codec.opus.enable', 'account.1.codec.pcma.enable']);
    expect(lines.get('account.1.codec.opus.priority')).toBe('1');
    expect(lines.get('account.1.codec.g722.enable')).toBe('0');
  });

  test.each([
    ['Europe/Berlin', ['+1', '1', '3/5/7/2', '10/5/7/3', '60']],
    ['America/New_York', ['-5', '1', '3/2/7/2', '11/1/7/2', '60']],
    ['Europe/Dublin', ['0', '1', '3/5/7/1', '10/5/7/2', '60']],
    ['Australia/Lord_Howe', ['+10:30', '1', '10/1/7/2', '4/1/7/2', '30']],
    ['America/St_Johns', ['-3:30', '1', '3/2/7/2', '11/1/7/2', '60']],
    ['Asia/Kathmandu', ['+5:45', '0', undefined, undefined, undefined]],
    ['Etc/GMT+12', ['-11', '0', undefined, undefined, undefined]],
    ['UTC', ['0', '0', undefined, undefined, undefined]],
  ])('has the clock of %s', async (timezone, expected) => {
    const lines = await read(`extension: "1001", timezone: ${timezone}`);
    const names = ['time_zone', 'summer_time', 'start_time', 'end_time', 'offset_time'];
    expect(names.map((name) => lines.get(`local_time.${name}`))).toEqual(expected);
  });

  test('is told a backup server and a proxy, and forgets them', async () => {
    const sip =
      'sip: { outbound_proxy: { server: edge.example.com }, backup: { server: pbx2.example.com, port: 5062 } }';
    const names = ['sip_server.2.address', 'sip_server.2.port', 'outbound_proxy_enable', 'outbound_proxy.1.address'];
    const values = (lines: Map<string, string>) => names.map((name) => lines.get(`account.1.${name}`));
    expect(values(await read(`extension: "1001", ${sip}`))).toEqual([
      ...['pbx2.example.com', '5062', '1', 'edge.example.com'],
    ]);
    expect(values(await read())).toEqual(['%NULL%', undefined, '0', '%NULL%']);
  });

  test('asks again by itself, every so often or at night', async () => {
    const names = ['repeat.enable', 'repeat.minutes', 'weekly.enable', 'weekly.begin_time', 'weekly.end_time'];
    const values = async (refresh: string) => {
      const lines = await read(`extension: "1001", refresh: ${refresh}`);
      return names.map((name) => lines.get(`static.auto_provision.${name}`));
    };
    expect(await values('{ every: 90 }')).toEqual(['1', '90', '0', undefined, undefined]);
    expect(await values('{ at: "03:30" }')).toEqual(['0', undefined, '1', '03:30', '03:59']);
  });

  test('shares no password with the others of its model', async () => {
    const { files } = await renderSite(
      site(undefined, { defaults: '{ admin_password: geheim, user_password: geheim2 }' }),
    );
    expect(files.get('y000000000066.cfg')).not.toContain('geheim');
    expect(files.get('001565123456.cfg')).toContain('\nstatic.security.user_password = admin:geheim\n');
    expect(files.get('001565123456.cfg')).toContain('\nstatic.security.user_password = user:geheim2\n');
  });

  test('has the raw parameters last', async () => {
    const text = await renderFile(
      '001565123456.cfg',
      site('extension: "1001", parameters: { lang.gui: Klingon, a.b: "" }'),
    );
    expect(text.endsWith('\nlang.gui = Klingon\na.b = %NULL%\n')).toBe(true);
  });

  test('reboots for a VLAN, and not for a name', async () => {
    const vlan = site('extension: "1001", vlan: { id: 7 }');
    expect(await eventBetween('yealink', site(), vlan)).toBe('check-sync;reboot=true');
    expect(await eventBetween('yealink', site(), site(undefined, { name: 'Grace' }))).toBe('check-sync;reboot=false');
  });
});

describe('a Zultys phone', () => {
  const zip = { model: 'zultys, model: zip33g' };

  test('has no boot file, and network parameters by both names', async () => {
    const { files, problems } = await renderSite(site('extension: "1001", admin_password: geheim', zip));
    expect(problems).toEqual([]);
    expect([...files.keys()].sort()).toEqual(['001565123456.cfg', 'y000000000047.cfg']);
    for (const text of files.values()) {
      expect(text).toContain('\nauto_provision.server.url = http://192.168.1.14:8080/\n');
      expect(text).toContain('\nstatic.auto_provision.server.url = http://192.168.1.14:8080/\n');
    }
    expect(files.get('001565123456.cfg')).toContain('\nsecurity.user_password = admin:geheim\n');
  });

  test('has its codecs by number, those that are off behind those that are on', async () => {
    const lines = await read('extension: "1001", codecs: [pcma, g722]', zip);
    const codec = (n: number) =>
      ['payload_type', 'enable', 'priority', 'rtpmap'].map((name) => lines.get(`account.1.codec.${n}.${name}`));
    expect(codec(1)).toEqual(['PCMA', '1', '1', '8']);
    expect(codec(2)).toEqual(['G722', '1', '2', '9']);
    expect(codec(3)).toEqual(['PCMU', '0', undefined, '0']);
    expect(codec(6)).toEqual(['iLBC', '0', undefined, '106']);
  });

  test('has three lines on three keys', async () => {
    const { problems } = await renderSite(
      site('extension: "1001", keys: [{ type: dnd }, { type: dnd }, { type: dnd }]', zip),
    );
    expect(problems).toEqual([expect.stringContaining('3 keys')]);
  });
});

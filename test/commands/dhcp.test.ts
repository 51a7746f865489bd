import { describe, expect, test } from 'vitest';
import { type DhcpArguments, dhcp } from '../../src/commands/dhcp.ts';
import { recordedConsole } from '../support/console.ts';
import { createProject, type Project, shipped, siteOf } from '../support/project.ts';

async function run({ dir, out, state }: Project, options: Partial<DhcpArguments> = {}) {
  const console = recordedConsole();
  const code = await dhcp({ dir, out, state, shipped, vendors: [], showTokens: false, ...options }, console);
  return { code, out: console.stdout(), err: console.stderr() };
}

const project = (sections = '', files: Readonly<Record<string, string>> = {}) =>
  createProject(siteOf([{ port: 5060 }, { port: 5060 }], sections), files);

const rows = (text: string) =>
  text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.trim().split(/ {2,}/));

describe('offhook dhcp', () => {
  test('says what the phones of devices.yml read: option 66, unless vendor.yml says more', async () => {
    const site = project();
    expect(rows((await run(site)).out)).toEqual([['66', 'all', 'http://192.0.2.1:8080']]);
    const vendor = 'templates/acme/vendor.yml';
    site.write(
      vendor,
      `${site.read(vendor)}dhcp: { vendor_class: Acme, options: [{ code: 43, suboption: 2, value: "{location}" }] }\n`,
    );
    expect(rows((await run(site)).out)).toEqual([
      ['43', 'option 60: Acme…', '2: 192.0.2.1:8080', `(020e${Buffer.from('192.0.2.1:8080').toString('hex')})`],
    ]);
  });

  test('says the same to a machine, on one line, and only without a server', async () => {
    const site = project();
    const { code, out, err } = await run(site, { vendors: ['yealink'], format: 'json' });
    const url = 'http://192.0.2.1:8080';
    const [first, own] = [Buffer.from(url), Buffer.from(`\u0001\u0015${url}`)].map((bytes) => bytes.toString('hex'));
    expect([code, err, out.match(/\n/g)?.length]).toEqual([0, '', 1]);
    expect(JSON.parse(out)).toEqual({
      options: [
        { code: 66, type: 'text', value: url, hex: first },
        { code: 43, begins: 'yealink', type: 'bytes', value: `1: ${url}`, hex: own },
      ],
      notes: [],
    });
    await expect(run(site, { server: 'kea', format: 'json' })).rejects.toThrow('--format json is for the table');
  });

  test('gives vendors of one network what each reads, and shares what they read alike', async () => {
    const { out, code } = await run(project(), { vendors: ['yealink', 'polycom', 'cisco'] });
    expect(code).toBe(0);
    expect(rows(out)).toEqual([
      ['66', 'all', 'http://192.0.2.1:8080'],
      [
        '43',
        'option 60: yealink…',
        expect.stringContaining('1: http://192.0.2.1:8080'),
        expect.stringMatching(/^\(0115/),
      ],
      ['160', 'option 60: …Polycom…', 'http://192.0.2.1:8080'],
      ['160', 'option 60: Cisco SPA…', 'http://192.0.2.1:8080/spa$PSN.cfg'],
    ]);
  });

  test('says an address over TFTP where a URL is not for every phone, and 150 to those that read it', async () => {
    const site = project();
    site.edit('devices.yml', 'address: 192.0.2.1', 'address: 192.0.2.1, protocol: tftp');
    const { out } = await run(site, { vendors: ['cisco'] });
    expect(rows(out)).toEqual([
      ['66', 'all', '192.0.2.1'],
      ['150', 'all', '192.0.2.1'],
      ['160', 'all', 'tftp://192.0.2.1/spa$PSN.cfg'],
    ]);
    site.edit('devices.yml', 'address: 192.0.2.1,', 'address: phones.example.com,');
    const named = await run(site, { vendors: ['cisco'] });
    expect(rows(named.out).map(([code]) => code)).toEqual(['66', '160']);
    expect(named.err).toMatch(/option 150 is left out: it takes an IPv4 address, and phones.example.com is none/);
  });

  test('has the bootstrap token in place, and shows it only when it is told to', async () => {
    const bootstrap = 'bootstrap: [{ name: "{mac}.cfg", template: mac.cfg.njk }]\n';
    const site = project('access: { token: the-own-token-0001, bootstrap_token: the-bootstrap-0001 }');
    site.write('templates/acme/vendor.yml', `${site.read('templates/acme/vendor.yml')}${bootstrap}`);
    const hidden = await run(site, { server: 'dnsmasq' });
    expect(hidden.out).toContain('http://192.0.2.1:8080/t/TOKEN"');
    expect(`${hidden.out}${hidden.err}`).not.toContain('the-bootstrap');
    expect(hidden.err).toContain('--show-tokens');
    const shown = await run(site, { server: 'dnsmasq', showTokens: true });
    expect(shown.out).toContain('http://192.0.2.1:8080/t/the-bootstrap-0001"');
    expect(shown.out).not.toContain('the-own-token');
  });

  test('says which devices it has nothing to tell, and which vendor there is not', async () => {
    const site = project('groups: { away: { access: { token: the-own-token-0001 } } }');
    site.edit('devices.yml', 'extension: "1002",', 'extension: "1002", group: away,');
    expect((await run(site)).err).toMatch(/Acme: 1 of 2 devices begin elsewhere/);
    await expect(run(site, { vendors: ['nobody'] })).rejects.toThrow(/no vendor "nobody"; wanted one of acme, cisco/);
    const empty = createProject('templates_dir: templates\nserver: { address: 192.0.2.1 }\n');
    await expect(run(empty)).rejects.toThrow(/wanted --vendor/);
    expect((await run(empty, { vendors: ['acme'] })).code).toBe(0);
  });

  test('lists the faults of devices.yml instead, when it has some', async () => {
    const site = project();
    site.edit('devices.yml', 'vendor: acme', 'vendor: acmee');
    const { code, out, err } = await run(site);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/devices.yml:\d+:\d+/);
  });

  test('writes bytes for RouterOS, where quotes and $ mean something, and a class with what is for all', async () => {
    const { out } = await run(project(), { vendors: ['yealink', 'cisco', 'polycom'], server: 'mikrotik' });
    const value = Buffer.from('http://192.0.2.1:8080/spa$PSN.cfg').toString('hex');
    expect(out.split('\n')).toEqual(
      expect.arrayContaining([
        '/ip dhcp-server option',
        `add name=offhook-cisco-160 code=160 value=0x${value} comment="http://192.0.2.1:8080/spa\\$PSN.cfg"`,
        'add name=offhook-cisco options=offhook-66,offhook-cisco-160',
        '/ip dhcp-server matcher',
        'add name=offhook-yealink code=60 matching-type=substring value="yealink" option-set=offhook-yealink',
      ]),
    );
  });

  test('writes PowerShell for Windows, and says which class it cannot tell', async () => {
    const { out, err } = await run(project(), { vendors: ['yealink', 'cisco', 'polycom'], server: 'windows' });
    const bytes = [1, 21, ...Buffer.from('http://192.0.2.1:8080')].map(
      (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
    );
    const lines = out.split('\r\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        "Set-DhcpServerv4OptionValue -OptionId 66 -Value 'http://192.0.2.1:8080'",
        "Add-DhcpServerv4Class -Name 'offhook-yealink' -Type Vendor -Data 'yealink'",
        "Add-DhcpServerv4Policy -Name 'offhook-yealink' -Condition Or -VendorClass EQ,'offhook-yealink*'",
        `Set-DhcpServerv4OptionValue -PolicyName 'offhook-yealink' -OptionId 43 -Value ${bytes.join(',')}`,
      ]),
    );
    const [defined] = lines.filter((line) => line.includes('OptionDefinition'));
    expect(defined).toBe("Add-DhcpServerv4OptionDefinition -OptionId 160 -Name 'offhook 160' -Type String");
    expect(lines.indexOf(defined ?? '')).toBeLessThan(lines.findIndex((line) => line.includes('-OptionId 160 -Value')));
    expect(err).toMatch(/Polycom: this server sees only whether option 60 begins/);
  });
});

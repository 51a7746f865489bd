import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answeringPhone } from '../support/answering-phone.ts';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { createProject, type Project } from '../support/project.ts';
import { ask } from './support/api.ts';

const run = promisify(execFile);

/** The examples of the document, by their numbers, word for word. */
const examples = new Map(
  [
    ...readFileSync(join(import.meta.dirname, 'predecessors/first.md'), 'utf8').matchAll(
      /^## (\d+)\. .*\n\n```(\w+)\n([\s\S]*?)^```$/gm,
    ),
  ].map(([, number, language, text]) => [Number(number), { language, text: text ?? '' }]),
);

const siteOn = (sipPort: number, more = '') => `
server: { address: 192.168.1.14, http: { port: 8080 }, proxies: [127.0.0.1] }
sip: { server: 192.168.1.14 }
notify: { mode: off }
api: { edits: file, limits: off }
extensions:
${[1001, 1002, 1003, 1004, 1005].map((number) => `  "${number}": { name: Person ${number}, password: geheim-${number}-Zq9x }`).join('\n')}
devices:
  - { mac: "00:15:65:12:34:56", vendor: zultys, model: zip33g, extension: "1001", ip: 127.0.0.1, sip_port: ${sipPort} }
${more}`;
const second = '  - { mac: "00:15:65:AB:CD:EF", vendor: yealink, model: t46s, extension: "1002" }\n';

interface Scene {
  readonly project: Project;
  readonly daemon: RunningDaemon;
  /** Runs an example as it stands: whatever host it names, it is this daemon that is asked. */
  example(number: number): Promise<string>;
  heard(): number;
}

async function scene(more = second): Promise<Scene> {
  const phone = await answeringPhone();
  const project = createProject(siteOn(phone.port, more));
  const daemon = await startDaemon(project);
  const folder = mkdtempSync(join(tmpdir(), 'offhook-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // It would go on for ever, and nobody is there.
  writeFileSync(join(folder, 'ping'), '#!/bin/sh\n');
  chmodSync(join(folder, 'ping'), 0o755);
  const proxy = `http://127.0.0.1:${daemon.httpPort}`;
  const env = { PATH: `${folder}:${process.env.PATH}`, http_proxy: proxy, HOME: folder };
  return {
    project,
    daemon,
    heard: () => phone.heard.length,
    async example(number) {
      const { language, text } = examples.get(number) ?? {};
      const file = join(folder, `example-${number}`);
      writeFileSync(file, text ?? '');
      const { stdout } = await run(language === 'python' ? 'python3' : 'bash', [file], { env, cwd: folder });
      return stdout;
    },
  };
}

/** What a PBX says of who is registered. */
async function register({ daemon }: Scene, extension: string, more: object): Promise<void> {
  const data = { extension, ...more, timestamp: '2026-01-01T12:00:00Z' };
  const answer = await ask(daemon.httpPort, '/api/phones/webhook', {
    method: 'POST',
    body: { event: 'registration', data },
  });
  expect(answer).toMatchObject({ status: 200, json: { success: true } });
}

/** Answers of several calls that stand one behind the other. */
const answersIn = (text: string): unknown[] =>
  text
    .replace(/(?<=[\]}])(?=[[{])/g, '\n')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const device = { mac_address: '001565123456', extension_number: '1001', vendor: 'zultys', model: 'zip33g' };
/** That of another vendor’s phone would not be believed to be this device’s. */
const agent = 'Zultys ZIP 33G - 47.80.132.4';
const url = 'http://192.168.1.14:8080/provision/001565123456.cfg';

describe('what the first predecessor’s document tells people to type works as it stands:', () => {
  test('devices, vendors and status are read', async () => {
    const { example } = await scene();
    for (const number of [1, 6])
      expect(JSON.parse(await example(number))).toEqual([
        { ...device, config_url: url, created_at: expect.stringMatching(/^\d{4}-.*Z$/), last_provisioned: null },
        expect.objectContaining({ mac_address: '001565abcdef', extension_number: '1002', vendor: 'yealink' }),
      ]);
    expect(JSON.parse(await example(2))).toMatchObject({
      vendors: expect.arrayContaining(['cisco', 'grandstream', 'polycom', 'yealink', 'zultys']),
      models: { cisco: ['spa504g'], polycom: ['vvx450'], yealink: ['t46s'], zultys: ['zip33g', 'zip37g'] },
    });
    expect(JSON.parse(await example(5))).toMatchObject({ status: 'running' });
  });

  test('files are fetched, and what was fetched is seen', async () => {
    const { example } = await scene();
    expect(await example(7)).toContain('Person 1001');
    const [extension, ...labels] = (await example(9)).trim().split('\n');
    expect(extension).toContain('"number":"1001","name":"Person 1001"');
    expect(labels.join('\n')).toMatch(/display|label/i);
    const [diagnostics, requests, devices, vendors] = answersIn(await example(10));
    expect(diagnostics).toMatchObject({
      ...{ enabled: true, configuration: { external_ip: '192.168.1.14', api_port: 8080 } },
      statistics: { total_devices: 2, total_requests: 2, successful_requests: 2, failed_requests: 0 },
      warnings: [],
    });
    const row = {
      normalized_mac: '001565123456',
      ip_address: '127.0.0.1',
      success: true,
      error: null,
      extension: '1001',
    };
    expect(requests).toMatchObject({ total: 2, limit: 20, requests: [row, row] });
    expect(devices).toMatchObject([{ ...device, last_provisioned: expect.stringMatching(/Z$/) }, {}]);
    expect(vendors).toHaveProperty('models');
  });

  test('phones are rebooted, and the answer says which took it', async () => {
    const { example, heard } = await scene();
    const [all, one] = answersIn(await example(8));
    expect(all).toEqual({
      ...{ success: true, message: '1 phones took it, 0 did not' },
      ...{ rebooted: ['1001'], failed: [], success_count: 1, failed_count: 0, pending_count: 0 },
    });
    expect(one).toMatchObject({ success: true, message: 'Reboot signal sent to extension 1001' });
    expect(heard()).toBe(2);
  });

  test('phones are found by their addresses and their MACs', async () => {
    const set = await scene();
    await register(set, '1001', { ip: '192.168.1.100', user_agent: agent });
    await register(set, '1002', { ip: '192.168.1.105' });
    const { example } = set;
    const phone = {
      ...{ extension_number: '1001', ip_address: '192.168.1.100', mac_address: '001565123456' },
      ...{ user_agent: agent, mac_source: 'provisioning', vendor: 'zultys', model: 'zip33g' },
      ...{
        config_url: url,
        first_registered: expect.stringMatching(/Z$/),
        last_registered: expect.stringMatching(/Z$/),
      },
    };
    for (const number of [11, 16])
      expect(JSON.parse(await example(number))).toMatchObject([{ id: 1, ...phone }, { id: 2 }]);
    const [byIp, byMac, list] = answersIn(await example(19));
    const { vendor, model } = device;
    const correlation = { matched: true, extension: '1001', mac_address: '001565123456', vendor, model };
    expect(byIp).toMatchObject({
      ...{ identifier: '192.168.1.100', type: 'ip', provisioned_device: device },
      registered_phone: { extension_number: '1001', ip_address: '192.168.1.100', source: 'registration' },
      correlation: { ...correlation, ip_address: '192.168.1.100' },
    });
    expect(byMac).toMatchObject({
      identifier: '00:15:65:12:34:56',
      type: 'mac',
      provisioned_device: device,
      correlation,
    });
    expect(list).toHaveLength(2);
    expect(JSON.parse(await example(12))).toEqual(byIp);
    expect(JSON.parse(await example(13))).toEqual(byMac);
    expect(JSON.parse(await example(14))).toMatchObject({
      correlation: { matched: true, extension: '1002', model: 't46s' },
    });
    expect(JSON.parse(await example(15))).toMatchObject({
      correlation: { matched: true, ip_address: '192.168.1.105' },
    });
    expect(JSON.parse(await example(17))).toMatchObject([{ extension_number: '1002', ip_address: '192.168.1.105' }]);
  });

  test('a device is registered and taken away again, in devices.yml', async () => {
    const { example, project } = await scene();
    const { config_url: _, ...registered } = JSON.parse(await example(3)).device;
    expect(registered).toEqual(device);
    expect(JSON.parse(await example(4))).toMatchObject({ success: true, message: 'Device unregistered' });
    expect(project.read('devices.yml')).not.toMatch(/12:?34:?56/);
    expect(JSON.parse(await example(18))).toMatchObject({
      success: true,
      device: { vendor: 'yealink', model: 't46s' },
    });
    expect(project.read('devices.yml')).toMatch(/12:?34:?56/);
  });

  test('a Python program registers a device and lists all', async () => {
    const { example } = await scene();
    const [answer, list] = (await example(20)).trim().split('\n');
    expect(answer).toMatch(/^\{'success': True, 'device': \{'mac_address': '001565123456', 'extension_number': '1005'/);
    expect(list).toMatch(/^\[\{'mac_address': '001565123456', 'extension_number': '1005', 'vendor': 'yealink'/);
  });

  test('a script registers a batch', async () => {
    const { example, daemon } = await scene('');
    const text = await example(21);
    expect(text.match(/"success":true/g)).toHaveLength(4);
    expect(text).toContain('All devices registered!');
    const { json } = await ask(daemon.httpPort, '/api/provisioning/devices');
    expect(json).toMatchObject([
      { mac_address: '0004f212abcd', extension_number: '1004', vendor: 'polycom', model: 'vvx450' },
      { mac_address: '0004f2abcdef', extension_number: '1003', vendor: 'yealink', model: 't46s' },
      { mac_address: '001565123456', extension_number: '1001', vendor: 'zultys', model: 'zip33g' },
      { mac_address: '001565123457', extension_number: '1002', vendor: 'zultys', model: 'zip37g' },
    ]);
  });

  test('every example of it is run here', () => {
    const source = readFileSync(import.meta.filename, 'utf8');
    const numbers = [...source.matchAll(/example\((\d+)\)|of \[([\d, ]+)\]/g)].flatMap(([, one, some]) =>
      (one ?? some ?? '').split(',').map(Number),
    );
    expect([...examples.keys()].filter((number) => !numbers.includes(number))).toEqual([]);
    expect(examples.size).toBe(21);
  });
});

describe('refusals have the form of the second predecessor’s document:', () => {
  test('400, 401 and 404 at its paths, and what else there is', async () => {
    const { daemon, project } = await scene();
    const refused = (path: string, method = 'GET') => ask(daemon.httpPort, path, { method });
    expect(await refused('/api/phone-lookup/nonsense')).toMatchObject({
      status: 400,
      json: { success: false, error: 'Validation error', message: '"nonsense" is neither a MAC nor an IP address' },
    });
    expect(await refused('/api/provisioning/requests?limit=many')).toMatchObject({
      status: 400,
      json: { success: false, error: 'Validation error', message: 'querystring "/limit" must be integer' },
    });
    expect(await refused('/api/phones/9999/reboot', 'POST')).toMatchObject({
      status: 404,
      json: { success: false, error: 'Phone not found', message: 'no device has a line of extension "9999"' },
    });
    expect(await refused('/api/phones/1002/reboot', 'POST')).toMatchObject({
      status: 404,
      json: { success: false, error: 'Phone not found', message: expect.stringContaining('nobody knows where it is') },
    });
    expect(await refused('/api/nothing/%zz')).toMatchObject({ status: 400, json: { success: false } });
    expect(await refused('/api/status', 'DELETE')).toMatchObject({ status: 404, json: { success: false } });
    await daemon.after(() => project.edit('devices.yml', 'edits: file', 'auth: { tokens: on }'), /build accepted/);
    expect(await refused('/api/status')).toMatchObject({ status: 401, json: { error: 'Authentication failed' } });
  });

  test('500 when a phone does not take a reboot', async () => {
    const phone = await answeringPhone(489);
    const daemon = await startDaemon(createProject(siteOn(phone.port)));
    expect(await ask(daemon.httpPort, '/api/phones/1001/reboot', { method: 'POST' })).toMatchObject({
      status: 500,
      json: {
        success: false,
        error: 'Phone not reached',
        message: expect.stringMatching(/^Failed to communicate with phone 1001: 489 /),
      },
    });
    expect((await ask(daemon.httpPort, '/api/phones/reboot', { method: 'POST' })).json).toMatchObject({
      ...{ success: true, success_count: 0, failed_count: 1, failed: [{ extension: '1001' }] },
    });
  });
});

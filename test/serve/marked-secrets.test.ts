import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { build } from '../../src/commands/build.ts';
import { check } from '../../src/commands/check.ts';
import { explain } from '../../src/commands/explain.ts';
import { fetches } from '../../src/commands/fetches.ts';
import { planFormats } from '../../src/commands/format-plan.ts';
import { problemFormats } from '../../src/commands/format-problems.ts';
import { notify } from '../../src/commands/notify.ts';
import { plan } from '../../src/commands/plan.ts';
import { rotate } from '../../src/commands/secret.ts';
import { headerOf, type Request } from '../../src/sip/message.ts';
import { createEncrypt, makeIdentity, toArmor } from '../../src/source/secrets/age.ts';
import { listen } from '../api/support/sse.ts';
import { answerTo, type Say } from '../notify/phone.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { challenging, startListening } from '../support/phones.ts';
import { createProject, macOf, shipped, siteOf } from '../support/project.ts';
import { encryptSops } from '../support/sops.ts';
import { until } from '../support/until.ts';

/** One for each way in which a secret may come in; whatever escapes the rest of a text, the letters stay. */
const kinds = [
  ...['plain', 'env', 'file', 'age', 'agefile', 'sops', 'admin', 'groupadmin', 'parameter', 'reference', 'changed'],
  ...['credentials', 'token', 'bootstrap', 'formertoken', 'formerpassword', 'webhook'],
] as const;
const core = (kind: string): string => `Zq9x${kind}x9qZ`;
const inUrl = (kind: string): string => `${core(kind)}-0123456789`;
const password = (kind: string): string => `p&"<'${core(kind)}!%`;

/** What base64 makes of a text, wherever in a longer one it stands. */
const inBase64 = (text: string): string[] =>
  [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)])
      .toString('base64')
      .replace(/=+$/, '');
    return whole.slice(offset === 0 ? 0 : offset + 1, -1);
  });

/** Every writing that is looked for, by what it is of. */
const writings = [...kinds.map((kind) => core(kind)), 'AGE-SECRET-KEY-1'].flatMap((text) => [
  ...[text, Buffer.from(text).toString('hex'), Buffer.from(text, 'utf16le').toString('latin1')].map((form) =>
    form.toLowerCase(),
  ),
  ...inBase64(text),
]);
const leaksIn = (text: string): string[] => {
  const lower = text.toLowerCase();
  return writings.filter((one) => (one === one.toLowerCase() ? lower : text).includes(one));
};

const proxyChallenging = (request: Request, say: Say): void =>
  say(
    headerOf(request, 'Proxy-Authorization') === undefined
      ? answerTo(
          request,
          '407 Proxy Authentication Required',
          'Proxy-Authenticate: Digest realm="acme", nonce="n1", qop="auth"',
        )
      : answerTo(request, '200 OK'),
  );

test('marked secrets of every kind are in out/ and nowhere else, in whatever writing', async () => {
  const { identity, recipient } = await makeIdentity();
  const encrypt = createEncrypt([recipient]);
  const aged = async (text: string) => `{ age: ${Buffer.from(await encrypt(text)).toString('base64')} }`;
  const phones = [await startListening(challenging), await startListening(proxyChallenging), { port: 5061 }];
  const quoted = JSON.stringify(password('plain'));
  const access = `access:
  guessing: off
  credentials: { user: phones, password: ${await aged(inUrl('credentials'))} }
  token: { env: OFFHOOK_TEST_TOKEN }
  bootstrap_token: { file: secrets/bootstrap }
  former: { token: ${inUrl('formertoken')}, credentials: { user: phones, password: { env: OFFHOOK_TEST_FORMER } } }
webhooks: [{ url: "http://127.0.0.1:9/", secret: ${inUrl('webhook')} }]`;
  const site = siteOf(phones, access)
    .replace('templates_dir', 'include: [people.yml.age, sops.yml]\ntemplates_dir')
    .replace('secret-of-1001', quoted)
    .replace('secret-of-1002', '{ file: secrets/1002 }')
    .replace('secret-of-1003', '{ env: OFFHOOK_TEST_SECRET }')
    .replace(
      'extensions:',
      `defaults: { admin_password: ${await aged(password('admin'))}, parameters: { wifi.password: ${JSON.stringify(password('parameter'))}, wifi.pin: { file: secrets/pin } } }\nextensions:`,
    )
    .replace(
      'extension: "1001",',
      'group: g, lines: [{ extension: "1001" }, { extension: "2001" }, { extension: "2002" }, { extension: "2003" }],',
    )
    .replace('\ndevices:', `\n  "2003": { password: ${await aged(password('age'))} }\ndevices:`);
  const project = createProject(site, {
    'secrets/1002': `${password('file')}\n`,
    'secrets/bootstrap': inUrl('bootstrap'),
    'secrets/pin': password('reference'),
    '.age-identity': `${identity}\n`,
    'sops.yml': await encryptSops(
      { extensions: { '2002': { name: 'Sops', password: password('sops') } } },
      { recipients: [recipient] },
    ),
  });
  const sealed = async (text: string) => project.write('people.yml.age', toArmor(await encrypt(text)));
  const people = `extensions: { "2001": { password: ${JSON.stringify(password('agefile'))} } }\ngroups: { g: { user_password: ${JSON.stringify(password('groupadmin'))} } }\n`;
  await sealed(people);
  const variables = { SECRET: password('env'), TOKEN: inUrl('token'), FORMER: inUrl('formerpassword') };
  for (const [name, text] of Object.entries(variables)) process.env[`OFFHOOK_TEST_${name}`] = text;
  onTestFinished(() => {
    for (const name of Object.keys(variables)) delete process.env[`OFFHOOK_TEST_${name}`];
  });
  project.edit(
    'templates/acme/vendor.yml',
    /^files:/m,
    'bootstrap: [{ name: "{mac}.cfg", template: first.njk }]\nfiles:',
  );
  project.write('templates/acme/first.njk', 'url = {{ server.url }}/\n');
  const daemon = await startDaemon(project, { manifest: {} });
  await daemon.said(/build accepted/);
  await until(
    () => `NOTIFYs in ${daemon.log.join('')}`,
    () => daemon.notifies().length >= 2,
  );
  const files = () =>
    readdirSync(project.out)
      .filter((name) => name.endsWith('.cfg'))
      .map((name) => project.outText(name))
      .join('');
  for (const kind of ['plain', 'env', 'file', 'age', 'agefile', 'sops', 'admin', 'parameter', 'reference'])
    expect([kind, files().includes(password(kind))]).toEqual([kind, true]);

  // Served and refused, over each protocol, with and without what is right.
  const basic = (user: string, text: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${user}:${text}`).toString('base64')}` },
  });
  const own = `${macOf(1)}.cfg`;
  for (const credentials of [
    {},
    basic('phones', inUrl('credentials')),
    basic('phones', inUrl('formerpassword')),
    basic('phones', 'wrong'),
  ])
    for (const path of [
      `/${own}`,
      ...['token', 'bootstrap', 'formertoken'].map((kind) => `/t/${inUrl(kind)}/${own}`),
      `/t/${inUrl('token')}/nothing.cfg`,
    ])
      await daemon.get(path, credentials);
  expect((await daemon.get(`/t/${inUrl('token')}/${own}`, basic('phones', inUrl('credentials')))).text).toContain(
    password('plain'),
  );
  for (const path of [own, `t/${inUrl('token')}/${own}`, 'nothing']) await daemon.rrq(path).catch(() => {});
  await until('facts of all fetches', () => daemon.fetches().length >= 24);

  // Changed, and broken in every way.
  const console = recordedConsole();
  const said = () => console.stdout() + console.stderr();
  const place = { dir: project.dir, out: project.out, state: project.state, shipped };
  let checks = 0;
  const broken = async (act: () => unknown) => {
    await daemon.after(act, /build rejected|problem|accepted|devices\.yml|people\.yml|sops\.yml/);
    await check(
      { ...place, format: problemFormats[checks++ % problemFormats.length]!, withoutSecrets: false },
      console,
    );
  };
  await daemon.after(() => project.write('secrets/1002', password('changed')), /build accepted/);
  await broken(() => project.write('secrets/1002', `${password('changed')}\n${password('file')}`));
  await broken(() => project.edit('devices.yml', quoted, `[${quoted}]`));
  await broken(() => sealed(`${people}  - ${password('agefile')}`));
  await broken(() =>
    sealed(
      `extensions: { "2001": { pasword: ${JSON.stringify(password('agefile'))} } }\n${password('groupadmin')}: x\n`,
    ),
  );
  await broken(() =>
    project.write(
      'sops.yml',
      project
        .read('sops.yml')
        .replace('Sops', 'x')
        .replace(/name: ENC/, 'names: ENC'),
    ),
  );
  await broken(() => project.write('.age-identity', `${identity.slice(0, -4)}\n`));
  await broken(() => project.write('devices.yml', site.replace(quoted, `"${password('plain').replaceAll('"', '')}`)));
  project.write('.age-identity', `${identity}\n`);
  project.write('devices.yml', site);
  project.write('secrets/1002', password('file'));
  project.write(
    'sops.yml',
    await encryptSops({ extensions: { '2002': { password: password('sops') } } }, { recipients: [recipient] }),
  );
  await daemon.after(() => sealed(people), /build accepted/);
  const metrics = (await daemon.get('/-/metrics')).text;
  const { told, heard } = await listen(daemon.httpPort, '/api/v1/events?since=0');
  await heard(24);
  await daemon.stop();

  // Said by each verb.
  project.write('secrets/1002', password('changed'));
  project.edit('devices.yml', 'Person 2', 'Ada Lovelace');
  project.edit('devices.yml', core('parameter'), `${core('parameter')}2`);
  for (const [index, format] of planFormats.entries())
    await plan({ ...place, format, withoutSecrets: index === 1 }, console);
  await plan({ ...place, format: 'text', against: project.out, withoutSecrets: false }, console);
  await explain({ ...place, device: '1001' }, console);
  for (const setting of ['lines.3.password', 'parameters.wifi.password', 'access.token'])
    await explain({ ...place, device: macOf(1), setting }, console).catch((error: Error) => console.err(error.message));
  for (const format of ['text', 'json'] as const)
    await fetches({ ...place, format, follow: false, limit: 100 }, console);
  await notify({ ...place, targets: ['1001', '1002'], all: false, reboot: false, wait: 2 }, console);
  expect(await build({ ...place, manifest: {} }, console)).toBe(0);
  await rotate({ ...place, files: [], to: [recipient], env: {} }, console);
  expect(said()).toMatch(/••••••••/);

  const state = (readdirSync(project.state, { recursive: true }) as string[]).filter((name) =>
    statSync(join(project.state, name)).isFile(),
  );
  expect(state.length).toBeGreaterThan(1);
  const places = {
    log: daemon.log.join(''),
    metrics,
    commands: said(),
    events: JSON.stringify(told),
    manifest: project.outText('manifest.json'),
    ...Object.fromEntries(state.map((name) => [`state ${name}`, readFileSync(join(project.state, name), 'latin1')])),
  };
  for (const [name, text] of Object.entries(places)) expect([name, leaksIn(text)]).toEqual([name, []]);
  expect(leaksIn(files()).length).toBeGreaterThan(8);
  expect(statSync(project.state).mode & 0o777).toBe(0o700);
});

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { explain } from '../../src/commands/explain.ts';
import { fetches } from '../../src/commands/fetches.ts';
import { planFormats } from '../../src/commands/format-plan.ts';
import { problemFormats } from '../../src/commands/format-problems.ts';
import { plan } from '../../src/commands/plan.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { challenging, startListening } from '../support/phones.ts';
import { createProject, macOf, shipped, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

// Each with characters that some format escapes.
const secrets = {
  plain: 'pl&in-Qx7"tre<asure',
  file: 'f!le-Qx7-treasure',
  env: 'env-Qx7-treasure',
  admin: "adm'n-Qx7-treasure",
  old: 'old-Qx7-treasure',
};
const treasure = /Qx7/;

test('a secret appears in a phone’s file and nowhere else', async () => {
  const phone = await startListening(challenging);
  const quoted = JSON.stringify(secrets.plain);
  const project = createProject(
    siteOf([phone, { port: 5061 }, { port: 5062 }])
      .replace('secret-of-1001', quoted)
      .replace('secret-of-1002', '{ file: secrets/1002 }')
      .replace('secret-of-1003', '{ env: OFFHOOK_TEST_SECRET }')
      .replace('extensions:', 'defaults: { admin_password: { file: secrets/admin } }\nextensions:'),
    { 'secrets/1002': `${secrets.file}\n`, 'secrets/admin': secrets.admin },
  );
  process.env.OFFHOOK_TEST_SECRET = secrets.env;
  onTestFinished(() => {
    delete process.env.OFFHOOK_TEST_SECRET;
  });

  const daemon = await startDaemon(project);
  await until('a NOTIFY', () => daemon.notifies().length === 1);
  const files = readdirSync(project.out)
    .map((name) => project.outText(name))
    .join('');
  for (const secret of [secrets.plain, secrets.file, secrets.env, secrets.admin]) expect(files).toContain(secret);

  // Every way in which a secret may be near what is said: a change, a fault in it, beside it and in its template.
  await daemon.after(() => project.write('secrets/1002', secrets.old), /build accepted/);
  await daemon.after(
    () => project.write('secrets/1002', `${secrets.old}\nsecond line ${secrets.file}`),
    /build rejected/,
  );
  const console = recordedConsole();
  const said = () => console.stdout() + console.stderr();
  const place = { dir: project.dir, out: project.out, state: project.state, shipped };
  const checkAll = async () => {
    for (const format of problemFormats) await check({ ...place, format, withoutSecrets: false }, console);
  };
  await checkAll();
  await daemon.after(() => project.write('secrets/1002', `${secrets.file}!`), /build accepted/);
  await daemon.after(() => project.edit('devices.yml', quoted, `[${quoted}]`), /build rejected/);
  await checkAll();
  await daemon.after(() => project.edit('devices.yml', `[${quoted}]`, `"${secrets.old}`), /build rejected/);
  await checkAll();
  await daemon.after(() => project.edit('devices.yml', `"${secrets.old}`, `"${secrets.old}\\n"`), /build rejected/);
  await checkAll();
  project.edit('devices.yml', `"${secrets.old}\\n"`, quoted);
  await daemon.after(
    () => project.edit('templates/acme/mac.cfg.njk', '{{ line.password }}', '{{ line.password | upper }}'),
    /build rejected/,
  );
  await checkAll();
  await daemon.after(
    () => project.edit('templates/acme/mac.cfg.njk', '{{ line.password | upper }}', 'x{{ line.password }}'),
    /build accepted/,
  );
  await daemon.get(`/${macOf(1)}.cfg?password=${secrets.old}`);
  await daemon.get(`/nothing-${encodeURIComponent('%')}`, { headers: { Authorization: `Basic ${secrets.old}` } });
  await daemon.rrq(`${macOf(2)}.cfg`);
  const metrics = (await daemon.get('/-/metrics')).text;
  await daemon.stop();
  project.write('secrets/1002', secrets.old);
  project.write('secrets/admin', `${secrets.admin}!`);
  project.edit('devices.yml', 'Person 2', 'Ada Lovelace');
  for (const format of planFormats) await plan({ ...place, format, withoutSecrets: false }, console);
  for (const setting of [undefined, 'lines.1.password'])
    await explain({ ...place, device: '1001', ...(setting && { setting }) }, console);
  for (const format of ['text', 'json'] as const)
    await fetches({ ...place, format, follow: false, limit: 100 }, console);
  expect(said()).toMatch(/lines\.1\.password.*••••••••/);
  expect(said()).toMatch(/admin_password.*••••••••/);

  const places = { log: daemon.log.join(''), metrics, commands: said() };
  for (const [place, text] of Object.entries(places))
    expect([
      place,
      treasure
        .exec(text)
        ?.input.split('\n')
        .find((line) => treasure.test(line)),
    ]).toEqual([place, undefined]);
  const kept = readdirSync(project.state, { recursive: true, encoding: 'utf8' });
  for (const name of kept.filter((one) => statSync(join(project.state, one)).isFile()))
    expect([name, readFileSync(join(project.state, name), 'latin1').match(treasure)]).toEqual([name, null]);
  for (const name of kept) expect([name, statSync(join(project.state, name)).mode & 0o077]).toEqual([name, 0]);
  for (const name of readdirSync(project.out))
    expect([name, statSync(join(project.out, name)).mode & 0o077]).toEqual([name, 0]);
});

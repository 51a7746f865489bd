import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createLoader } from '../../src/load.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'offhook-custom-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** As the manual of the PBX that it comes from shows it. */
const template = `#!version:1.0.0.1

# Account Configuration
account.1.enable = 1
account.1.label = {{EXTENSION_NAME}}
account.1.display_name = {{EXTENSION_NAME}}
account.1.auth_name = {{EXTENSION_NUMBER}}
account.1.user_name = {{EXTENSION_NUMBER}}
account.1.password = {{EXTENSION_PASSWORD}}
account.1.sip_server.1.address = {{SIP_SERVER}}
account.1.sip_server.1.port = {{SIP_PORT}}
`;

test('a custom template of the PBX that people come from makes a model, and its devices’ files', async () => {
  mkdirSync(join(dir, 'custom_templates'));
  writeFileSync(join(dir, 'custom_templates', 'yealink_t57w.template'), template);
  writeFileSync(
    join(dir, 'devices.yml'),
    `templates_dir: custom_templates
server: { address: 192.168.1.14 }
sip: { server: pbx.example.com }
extensions: { "1001": { name: Ada Lovelace, password: one } }
devices: [{ mac: 001565123456, vendor: yealink, model: t57w, extension: "1001" }]
`,
  );
  const loader = createLoader({
    dir,
    shipped: { schema: join(root, 'schema'), templates: join(root, 'templates') },
  });
  const { site, rendering, problems } = await loader.load();
  expect(problems).toEqual([]);
  const files = site.devices.flatMap((device) => rendering.device(device).files);
  expect(files.map(({ path }) => path)).toEqual(['001565123456.cfg']);
  expect(files[0]?.bytes.toString()).toBe(
    template
      .replaceAll('{{EXTENSION_NAME}}', 'Ada Lovelace')
      .replaceAll('{{EXTENSION_NUMBER}}', '1001')
      .replace('{{EXTENSION_PASSWORD}}', 'one')
      .replace('{{SIP_SERVER}}', 'pbx.example.com')
      .replace('{{SIP_PORT}}', '5060'),
  );
});

const withDirectory = `enable={{LDAP_ENABLE}} server={{LDAP_SERVER}}:{{LDAP_PORT}} tls={{LDAP_TLS_MODE}} base={{LDAP_BASE}}
user={{LDAP_USER}} password={{LDAP_PASSWORD}} filter={{LDAP_NAME_FILTER}} attr={{LDAP_NUMBER_ATTR}} title={{LDAP_DISPLAY_NAME}}
book={{REMOTE_PHONEBOOK_URL}} every={{REMOTE_PHONEBOOK_REFRESH}}
`;

test('such a template is told the directory and the phonebook, where devices have them', async () => {
  writeFileSync(join(dir, 'custom_templates', 'yealink_t57w.template'), withDirectory);
  const ldap = '{ url: ldaps://ldap.example.com, base: "dc=example", user: "cn=phones", password: geheim }';
  const more = `, directory: { phonebook: { refresh: 90 }, ldap: ${ldap} }, access: { token: the-token-of-1001 }`;
  const device = (mac: string, rest = '') => `{ mac: ${mac}, vendor: yealink, model: t57w, extension: "1001"${rest} }`;
  writeFileSync(
    join(dir, 'devices.yml'),
    `templates_dir: custom_templates
server: { address: 192.168.1.14 }
sip: { server: pbx.example.com }
extensions: { "1001": { name: Ada Lovelace, password: one } }
devices: [${device('001565000001', more)}, ${device('001565000002')}]
`,
  );
  const loader = createLoader({
    dir,
    shipped: { schema: join(root, 'schema'), templates: join(root, 'templates') },
  });
  const { site, rendering, problems } = await loader.load();
  expect(problems).toEqual([]);
  const [told, untold] = site.devices.flatMap((device) => rendering.device(device).files);
  expect(told?.bytes.toString().split(/\s+(?=\w+=)/)).toEqual([
    'enable=1',
    'server=ldap.example.com:636',
    'tls=2',
    'base=dc=example',
    'user=cn=phones',
    'password=geheim',
    'filter=(cn=%)',
    'attr=telephoneNumber mobile',
    'title=Company',
    'book=http://192.168.1.14:8080/t/the-token-of-1001/yealink-phonebook.xml',
    'every=90\n',
  ]);
  const secret = told?.secrets.map(({ start, end }) => told.bytes.toString('utf8', start, end));
  expect(secret).toEqual(['geheim', 'http://192.168.1.14:8080/t/the-token-of-1001/yealink-phonebook.xml']);
  expect(untold?.bytes.toString()).toMatch(/^enable=0 server=:636 tls=1 base=\n[\s\S]*\nbook= every=60\n$/);
  expect(rendering.shared().files.map(({ path }) => path)).toContain('yealink-phonebook.xml');
});

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

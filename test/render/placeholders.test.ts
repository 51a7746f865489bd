import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { compileTemplates } from '../../src/render/engine.ts';
import { compilePlaceholders } from '../../src/render/placeholders.ts';

const sip = { server: '192.168.1.14', port: 5060, transport: 'udp', expiry: 3600 } as const;
const line = (index: number, extension: string, name: string, password: string) => ({
  ...{ index, extension, name, sip, password: new Secret(password) },
  ...{ label: name, auth_user: extension, voicemail: '*97' },
});
const context = {
  lines: [line(1, '1001', 'Ada & Co', 'geheim1'), line(2, '1002', 'Bob', 'geheim2')],
  server: { address: '192.168.1.14', url: 'http://192.168.1.14:8080' },
};

const render = (text: string, format: 'cfg' | 'xml' = 'cfg') =>
  compileTemplates(new Map([['yealink_t57w.template', text]])).render('yealink_t57w.template', format, context);

describe('a template with placeholders', () => {
  test('renders as it stands in the manual of the PBX it comes from', () => {
    const { bytes, secrets } = render(
      [
        '#!version:1.0.0.1',
        'account.1.label = {{EXTENSION_NAME}}',
        'account.1.auth_name = {{EXTENSION_NUMBER}}',
        'account.1.password = {{EXTENSION_PASSWORD}}',
        'account.1.sip_server.1.address = {{SIP_SERVER}}',
        'account.1.sip_server.1.port = {{SIP_PORT}}',
        'network.name = {{SERVER_NAME}}\r\n',
      ].join('\n'),
    );
    expect(bytes.toString()).toBe(
      [
        '#!version:1.0.0.1',
        'account.1.label = Ada & Co',
        'account.1.auth_name = 1001',
        'account.1.password = geheim1',
        'account.1.sip_server.1.address = 192.168.1.14',
        'account.1.sip_server.1.port = 5060',
        'network.name = 192.168.1.14\n',
      ].join('\n'),
    );
    expect(secrets.map(({ start, end }) => bytes.subarray(start, end).toString())).toEqual(['geheim1']);
  });

  test('has further lines, blank where the device has none', () => {
    const text =
      '{{EXTENSION_NUMBER_2}}/{{EXTENSION_PASSWORD_2}}/{{LINE_2_ENABLE}}/{{EXTENSION_NAME_3}}/{{LINE_3_ENABLE}}';
    expect(render(text).bytes.toString()).toBe('1002/geheim2/Yes//No');
    expect(compilePlaceholders('a', text).lines).toBe(3);
    expect(compilePlaceholders('a', '{{SIP_SERVER}}').lines).toBe(1);
  });

  test('is XML when it begins with <, and escaped so', () => {
    const text = '\n<a name="{{EXTENSION_NAME}}"/>';
    expect(compilePlaceholders('a', text).format).toBe('xml');
    expect(compilePlaceholders('a', '#!version:1.0.0.1\n<a>').format).toBe('cfg');
    expect(render(text, 'xml').bytes.toString()).toBe('\n<a name="Ada &amp; Co"/>');
  });

  test('is not a template of the other kind', () => {
    expect(render('{% if %}{SIP_SERVER}{{{SIP_PORT}}}').bytes.toString()).toBe('{% if %}{SIP_SERVER}{5060}');
  });

  test('has every unknown placeholder named, with its place and the nearest known one', () => {
    const { faults } = compilePlaceholders('x.template', 'a\n b {{EXTENSION_NAM}}\n{{lines[0].name}}');
    expect(faults).toEqual([
      {
        template: 'x.template',
        line: 2,
        column: 4,
        message: expect.stringContaining('did you mean "{{EXTENSION_NAME}}"?'),
      },
      { template: 'x.template', line: 3, column: 1, message: expect.stringContaining('known are SIP_SERVER') },
    ]);
  });

  test('can only be the file of a device', () => {
    const engine = compileTemplates(new Map([['a.template', '{{SIP_SERVER}}']]));
    expect(() => engine.render('a.template', 'cfg', { models: [] })).toThrow('the file of a device');
  });
});

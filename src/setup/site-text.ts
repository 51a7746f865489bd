import { formatMac } from '../model/mac.ts';
import type { Answers, Password } from './answers.ts';

/** How devices.yml refers to a password: `{ file: secrets/sip-1001 }`. `name` says whose it is. */
export type Refer = (name: string, password: Password) => string;

/** devices.yml of a first site: what the answers say, in the form that people go on editing. */
export function siteText(answers: Answers, refer: Refer): string {
  const { server, timezone, language } = answers;
  const parts = [
    '# yaml-language-server: $schema=https://unpkg.com/offhook/schema/devices.schema.json',
    '# The site, begun by `offhook setup`. `offhook check` lists every fault in it; `offhook serve` renders, serves and watches it.',
    '',
    '# What phones are told about this server.',
    `server: { address: ${quoted(server.address)}, http: { port: ${server.port} } }`,
    '',
    '# Where lines register.',
    sipText(answers),
    ...registryLines(answers, refer),
    '',
    '# Layers, weakest first: defaults < the vendor’s own < models < groups < device.',
    `defaults: { timezone: ${quoted(timezone)}, language: ${quoted(language)} }`,
    ...directoryLines(answers, refer),
    '',
    '# People by number.',
    ...peopleLines(answers, refer),
    '',
    ...deviceLines(answers),
  ];
  return `${parts.join('\n')}\n`;
}

/** A text in double quotes is JSON, and what JSON may not have in it YAML may not either. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function sipText({ sip: { server, port, transport } }: Answers): string {
  const words = [`server: ${quoted(server)}`, ...(port === undefined ? [] : [`port: ${port}`])];
  return `sip: { ${[...words, ...(transport === 'udp' ? [] : [`transport: ${transport}`])].join(', ')} }`;
}

function registryLines({ pbx }: Answers, refer: Refer): string[] {
  const lines = (text: string) => ['', '# Who knows where phones are registered.', 'registry:', `  - ${text}`];
  switch (pbx.kind) {
    case 'none':
      return [];
    case 'kamailio':
      return lines(`kamailio: { url: ${quoted(pbx.url)} }`);
    case 'freeswitch':
      return lines(`freeswitch: { host: ${quoted(pbx.host)}, password: ${refer('pbx', pbx.password)} }`);
    case 'asterisk':
      return lines(
        `asterisk: { host: ${quoted(pbx.host)}, user: ${quoted(pbx.user)}, password: ${refer('pbx', pbx.password)} }`,
      );
  }
}

function directoryLines({ directory }: Answers, refer: Refer): string[] {
  if (!directory) return [];
  const { url, start_tls, tls, bind_dn, password, base, filter } = directory;
  return [
    '',
    '# Where people come from. `offhook sync` writes them to extensions.ldap.yml; `offhook serve` does so every few minutes.',
    'people:',
    '  - ldap:',
    `      url: ${quoted(url)}`,
    ...(start_tls ? ['      start_tls: true'] : []),
    ...(tls?.ca === undefined ? [] : [`      tls: { ca: ${quoted(tls.ca)} }`]),
    ...(bind_dn === undefined ? [] : [`      bind_dn: ${quoted(bind_dn)}`]),
    ...(password === undefined ? [] : [`      password: ${refer('ldap', password)}`]),
    `      base: ${quoted(base)}`,
    ...(filter === undefined ? [] : [`      filter: ${quoted(filter)}`]),
  ];
}

function peopleLines({ people }: Answers, refer: Refer): string[] {
  if (people.size === 0) return ['extensions: {}'];
  const lines = [...people].map(([number, { name, password }]) => {
    const words = [
      ...(name === undefined ? [] : [`name: ${quoted(name)}`]),
      `password: ${refer(`sip-${number}`, password)}`,
    ];
    return `  ${quoted(number)}: { ${words.join(', ')} }`;
  });
  return ['extensions:', ...lines];
}

function deviceLines({ phones }: Answers): string[] {
  if (phones.length === 0) return ['devices: []'];
  const lines = phones.map(
    ({ mac, vendor, model, extension }) =>
      `  - { mac: ${quoted(formatMac(mac))}, vendor: ${vendor}, model: ${quoted(model)}, extension: ${quoted(extension)} }`,
  );
  return ['devices:', ...lines];
}

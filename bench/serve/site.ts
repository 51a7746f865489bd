import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is served: a project of so many devices, each with a file of its own, and firmware beside. */
export interface ServedSite {
  /** The project's folder; `out` is in it. */
  readonly dir: string;
  /** Names of the devices' files. */
  readonly names: readonly string[];
  readonly firmware: { readonly name: string; readonly size: number };
}

/** For HTTPS: files in PEM. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface ServedSiteOptions {
  readonly certificate?: Certificate;
  /** Further lines of devices.yml. */
  readonly more?: readonly string[];
}

export function writeServedSite(
  dir: string,
  devices: number,
  { certificate, more = [] }: ServedSiteOptions = {},
): ServedSite {
  const macs = Array.from({ length: devices }, (_, index) => `02${(index + 1).toString(16).padStart(10, '0')}`);
  mkdirSync(join(dir, 'out'), { recursive: true });
  cpSync(join(import.meta.dirname, 'vendor'), join(dir, 'templates', 'measured'), { recursive: true });
  const people = macs.map((_, index) => `  "${100_000 + index}": { name: Person ${index}, password: secret-${index} }`);
  const phones = macs.map(
    (mac, index) => `  - { mac: "${mac}", vendor: measured, model: m1, extension: "${100_000 + index}" }`,
  );
  const https = certificate && `, https: { cert: ${certificate.certFile}, key: ${certificate.keyFile} }`;
  const server = `server: { address: 192.0.2.1${https ?? ''} }`;
  const head = ['templates_dir: templates', server, 'sip: { server: pbx.example.com }', ...more];
  const lines = [...head, 'notify: { mode: off }', 'extensions:', ...people, 'devices:', ...phones, ''];
  writeFileSync(join(dir, 'devices.yml'), lines.join('\n'));
  const firmware = { name: 'firmware.rom', size: 20_000_000 };
  writeFileSync(join(dir, 'out', firmware.name), noise(firmware.size));
  return { dir, names: macs.map((mac) => `${mac}.cfg`), firmware };
}

/** The same each time, and no two pieces alike. */
function noise(size: number): Buffer {
  const words = new Uint32Array(size / 4);
  let state = 1;
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  return Buffer.from(words.buffer);
}

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A project whose devices are all at an address of their own. */
export interface ToldSite {
  readonly dir: string;
  readonly devices: number;
  /** NOTIFYs a second; all at once when absent. */
  readonly perSecond?: number;
}

/** As many as devices.yml allows. */
const unpaced = 100_000;

/** Writes the project's folder but for devices.yml. */
export function writeToldSite({ dir, devices }: ToldSite): void {
  mkdirSync(dir, { recursive: true });
  cpSync(join(import.meta.dirname, 'vendor'), join(dir, 'templates', 'told'), { recursive: true });
  const all = Array.from({ length: devices }, (_, index) => index);
  const people = all.map((index) => `  "${100_000 + index}": { name: Person ${index}, password: secret-${index} }`);
  const phones = all.map(
    (index) =>
      `  - { mac: "${macOf(index)}", vendor: told, model: m1, extension: "${100_000 + index}", ip: ${ipOf(index)} }`,
  );
  writeFileSync(join(dir, 'fleet.yml'), ['extensions:', ...people, 'devices:', ...phones, ''].join('\n'));
}

/** Writes devices.yml: another `ntp` changes a line in the file of every device. */
export function editDefaults({ dir, perSecond = unpaced }: ToldSite, ntp: string): void {
  const lines = [
    'templates_dir: templates',
    'server: { address: 127.0.0.1 }',
    'sip: { server: pbx.example.com }',
    `notify: { per_second: ${perSecond}, per_address: ${unpaced} }`,
    `defaults: { ntp: ${ntp} }`,
    'include: [fleet.yml]',
    '',
  ];
  writeFileSync(join(dir, 'devices.yml'), lines.join('\n'));
}

/** As phones.c has them. */
const macOf = (index: number): string => `02${(index + 1).toString(16).padStart(10, '0')}`;

function ipOf(index: number): string {
  const host = index + 1;
  return `127.${16 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`;
}

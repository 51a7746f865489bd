import { join } from 'node:path';
import { createLoader } from '../load.ts';
import type { Device } from '../model/device.ts';
import { formatMac, type Mac, parseMac } from '../model/mac.ts';
import { visible } from '../problem.ts';
import { type Override, overridesIn } from '../serving/uploads/overrides.ts';
import type { FetchFormat } from '../state/fetch-log.ts';
import type { Console, Place } from './command.ts';

export interface OverridesArguments extends Place {
  readonly device?: string;
  readonly format: FetchFormat;
}

/** Lists who has settings of his own: made at the phone, sent to us, and stronger than devices.yml. 0. */
export async function overrides(
  { dir, shipped, state, device: word, format }: OverridesArguments,
  console: Console,
): Promise<number> {
  const { site } = await createLoader({ dir, shipped, secrets: { placeholders: true } }).load();
  const devices = new Map(site.devices.map((device) => [device.mac, device]));
  const all = [...site.vendors.values()].flatMap(({ uploads = [] }) => uploads);
  const rulesOf = (mac: Mac) => site.vendors.get(devices.get(mac)?.vendor ?? '')?.uploads ?? all;
  const wanted = word === undefined ? undefined : parseMac(word);
  if (word !== undefined && !wanted) throw new Error(`"${word}" is no MAC; wanted one such as 00:15:65:12:34:56`);
  let count = 0;
  for await (const override of overridesIn(join(state, 'uploads'), rulesOf)) {
    if (wanted && override.device !== wanted) continue;
    count++;
    const device = devices.get(override.device);
    console.out(`${format === 'json' ? json(override, device) : line(override, device)}\n`);
  }
  if (count === 0) console.err('no phone has sent settings of its own\n');
  return 0;
}

function line({ device: mac, name, size, modified }: Override, device: Device | undefined): string {
  const people = device?.lines.map(({ extension, name: person }) => `${extension} ${person}`).join(', ');
  const who = device ? `${device.vendor}/${device.model} ${people}`.trim() : 'not in devices.yml';
  return visible(
    [new Date(modified).toISOString(), formatMac(mac), `${size} B`.padStart(10), name, `(${who})`].join('  '),
  );
}

const json = ({ device, name, size, modified }: Override, known: Device | undefined): string =>
  JSON.stringify({
    at: modified,
    device,
    file: name,
    size,
    vendor: known?.vendor,
    model: known?.model,
    extensions: known?.lines.map(({ extension }) => extension),
  });

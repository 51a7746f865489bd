import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Attribute, Change } from 'ldapts';
import { createLog } from '../../src/log.ts';
import { createDaemon } from '../../src/serve.ts';
import { dnOf, nameOf, peopleBase, reader, type Slapd } from '../../test/support/slapd.ts';
import { createPhone } from '../edit.ts';

export interface RenameReport {
  /** Seconds from the rename in the directory. */
  readonly disk: number;
  readonly notify: number;
  /** Devices whose bytes changed; two show the person. */
  readonly touched: number;
}

const root = resolve(import.meta.dirname, '../..');
/** Somebody with a phone, whom the phone before watches. */
const renamed = 42;
const mac = (index: number) => `001565${index.toString(16).padStart(6, '0')}`;

/** A daemon that asks every 100 ms, for as many renames. */
export async function measureRename({ dir, devices, slapd, rounds }: Site): Promise<RenameReport[]> {
  const phone = await createPhone();
  writeFileSync(join(dir, 'devices.yml'), siteOf({ devices, slapd, phone }));
  const lines: string[] = [];
  const daemon = createDaemon({
    project: { dir, shipped: { schema: join(root, 'schema'), templates: join(root, 'templates') } },
    ...{
      out: join(dir, 'out'),
      state: join(dir, '.offhook'),
      host: '127.0.0.1',
      httpPort: 0,
      tftpPort: 0,
      notify: true,
    },
    log: createLog((line) => void lines.push(line)),
    timing: { sync: { interval: 100 } },
  });
  const until = async (look: () => boolean) => {
    const end = performance.now() + 120_000;
    while (!look()) {
      if (performance.now() > end) throw new Error(`waited in vain:\n${lines.slice(-20).join('')}`);
      await new Promise((done) => setTimeout(done, 2));
    }
  };
  const count = (what: RegExp) => lines.filter((line) => what.test(line)).length;
  await daemon.start();
  // The file is there from the readings before; the daemon reads everybody once more, and then asks what is new.
  await until(() => count(/build accepted/) > 0);
  await new Promise((done) => setTimeout(done, 5000));
  const reports: RenameReport[] = [];
  for (let round = 0; round < rounds; round++) {
    // The NOTIFYs of the build before are on their way.
    await new Promise((done) => setTimeout(done, 1500));
    const builds = count(/build accepted/);
    const notified = phone.notified();
    const since = performance.now();
    await slapd.change((client) => {
      const modification = new Attribute({ type: 'displayName', values: [`${nameOf(renamed)} ${round}`] });
      return client.modify(dnOf(renamed), new Change({ operation: 'replace', modification }));
    });
    await until(() => count(/build accepted/) > builds);
    const disk = (performance.now() - since) / 1e3;
    const notify = ((await notified) - since) / 1e3;
    const line = lines.findLast((one) => /build accepted/.test(one)) ?? '';
    reports.push({ disk, notify, touched: Number(/touched=(\d+)/.exec(line)?.[1]) });
  }
  await daemon.stop();
  phone.close();
  return reports;
}

interface Site {
  readonly dir: string;
  readonly devices: number;
  readonly slapd: Slapd;
  readonly rounds: number;
}

function siteOf({
  devices,
  slapd,
  phone,
}: Pick<Site, 'devices' | 'slapd'> & { phone: { address: string; port: number } }) {
  const all = Array.from({ length: devices }, (_, index) => index);
  const ldap = { url: slapd.url, bind_dn: reader.dn, password: reader.password, base: peopleBase, page_size: 1000 };
  return JSON.stringify({
    server: { address: '192.0.2.1' },
    sip: { server: 'pbx.example.com' },
    notify: { per_second: 1000, per_address: 1000 },
    people: [{ ldap }],
    extensions: Object.fromEntries(all.map((index) => [String(10000 + index), { password: `secret-of-${index}` }])),
    devices: all.map((index) => ({
      ...{ mac: mac(index), vendor: 'yealink', model: 't46s', extension: String(10000 + index) },
      keys: [{ type: 'blf', value: String(10000 + ((index + 1) % devices)) }],
      ...(index === renamed && { ip: phone.address, sip_port: phone.port }),
    })),
  });
}

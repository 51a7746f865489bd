import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peer } from '../support/peer.ts';
import { createSlapd, nameOf, peopleBase, peopleLdif, reader, type Slapd } from '../support/slapd.ts';
import { createProject, readXml } from './support/site.ts';

const slapd = peer('slapd', 'slapd');
const ldapsearch = peer('ldapsearch', 'ldap-utils');

/** What a phone makes of its file when somebody types. */
interface Told {
  readonly host: string;
  readonly base: string;
  readonly user: string;
  readonly password: string;
  readonly filter: string;
}

/** `name = value` by name. */
const readLines = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^(\S+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

function asYealink(text: string, typed: string): Told {
  const of = (name: string) => readLines(text).get(`ldap.${name}`) ?? '';
  const filter = of('name_filter').replaceAll('%', `${typed}*`);
  return { host: `${of('host')}:${of('port')}`, base: of('base'), user: of('user'), password: of('password'), filter };
}

function asGrandstream(text: string, typed: string): Told {
  const of = (name: string) => readXml(text).get(name) ?? '';
  const filter = of('P8026').replaceAll('%', `${typed}*`);
  return { host: `${of('P8020')}:${of('P8021')}`, base: of('P8022'), user: of('P8023'), password: of('P8024'), filter };
}

function asCisco(text: string, typed: string): Told {
  const of = (name: string) => readXml(text).get(`LDAP_${name}`) ?? '';
  const filter = of('Last_Name_Filter')
    .replace(/^[^:]*:/, '')
    .replaceAll('$VALUE', typed);
  return { host: of('Server'), base: of('Search_Base'), user: of('Client_DN'), password: of('Password'), filter };
}

function asPolycom(text: string, typed: string): Told {
  const of = (name: string) => readXml(text).get(`dir.corp.${name}`) ?? '';
  const filter = `(${of('attribute.1.name')}=${typed}*)`;
  return {
    ...{ host: `${of('address')}:${of('port')}`, base: of('baseDN') },
    ...{ user: of('user'), password: of('password'), filter },
  };
}

const phones = [
  ['yealink', 't46s', '001565000001.cfg', asYealink],
  ['zultys', 'zip33g', '000bea000001.cfg', asYealink],
  ['grandstream', 'gxp2170', '000b82000001.cfg', asGrandstream],
  ['cisco', 'spa504g', '000e08000001.xml', asCisco],
  ['polycom', 'vvx450', 'phone0004f2000001.cfg', asPolycom],
] as const;

describe.skipIf(slapd.missing || ldapsearch.missing)(
  `a real directory (${slapd.sentence}; ${ldapsearch.sentence})`,
  () => {
    const { renderSite } = createProject();
    const folder = mkdtempSync(join(tmpdir(), 'offhook-slapd-'));
    let running: Slapd | undefined;
    beforeAll(async () => {
      running = await createSlapd({ folder, people: peopleLdif(20) });
    });
    afterAll(async () => {
      await running?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** In the clear, as this directory speaks: that draws a warning. */
    async function tell(vendor: string, model: string, file: string): Promise<string> {
      const { files, problems } = await renderSite(
        `server: { address: 192.0.2.1 }
defaults:
  directory:
    ldap:
      url: ldap://127.0.0.1:${running?.port}
      base: ${peopleBase}
      user: ${reader.dn}
      password: ${reader.password}
      name_filter: "(&(objectClass=person)(|(displayName=%)(sn=%)))"
      name_attributes: [displayName, sn]
      number_attributes: [ipPhone]
devices: [{ mac: "${/[0-9a-f]{12}(?=\.)/.exec(file)?.[0]}", vendor: ${vendor}, model: ${model} }]
`,
      );
      expect(problems).toEqual([expect.stringContaining('in the clear')]);
      return files.get(file) ?? '';
    }

    test.each(phones)('is asked by a phone of %s as it is told, and finds whom somebody types', async (...phone) => {
      const [vendor, model, file, as] = phone;
      const text = await tell(vendor, model, file);
      const { host, base, user, password, filter } = as(text, 'Anna');
      const options = [
        '-x',
        '-LLL',
        '-o',
        'ldif-wrap=no',
        '-H',
        `ldap://${host}`,
        '-D',
        user,
        '-w',
        password,
        '-b',
        base,
      ];
      const found = execFileSync('ldapsearch', [...options, filter, 'ipPhone'], { encoding: 'utf8' });
      const numbers = [...found.matchAll(/^ipPhone: (\d+)$/gm)].map(([, number]) => Number(number));
      const wanted = Array.from({ length: 20 }, (_, index) => index).filter((index) =>
        nameOf(index).startsWith('Anna'),
      );
      expect(numbers.sort()).toEqual(wanted.map((index) => 10_000 + index));
    });
  },
);

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Pair {
  readonly cert: string;
  readonly key: string;
  /** The files that they are in, for programs. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority of a test, and what it signs. */
export interface Authority extends Pair {
  sign(subject: string, names?: string, more?: SignOptions): Promise<Pair>;
}

export interface SignOptions {
  /** As openssl takes it behind `-newkey`, and what goes with it; a key on the curve P-256 when not given. */
  readonly newKey?: readonly string[];
  /** It is valid no more. */
  readonly expired?: boolean;
}

const usualKey = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** Made by openssl, in a folder of the test. Subjects as openssl writes them: `/O=Acme/CN=001565123456`. */
export async function createAuthority(folder: string, subject: string): Promise<Authority> {
  const pairOf = async (name: string): Promise<Pair> => {
    const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  };
  const make = async (name: string, of: string, extensions: readonly string[], signer: Signer) => {
    const config = join(folder, `${name}.cnf`);
    await writeFile(
      config,
      ['[req]', 'distinguished_name=dn', 'x509_extensions=x', '[dn]', '[x]', ...extensions].join('\n'),
    );
    const key = ['-newkey', ...(signer.newKey ?? usualKey), '-nodes', '-keyout', join(folder, `${name}.key`)];
    const what = ['-subj', of, '-config', config, '-out', join(folder, `${name}.crt`)];
    const by = signer.by === undefined ? [] : ['-CA', signer.by.certFile, '-CAkey', signer.by.keyFile];
    await run('openssl', ['req', '-x509', ...key, ...what, '-days', '2', ...by]);
    if (signer.expired) await expire(folder, await pairOf(name), signer.by);
    return pairOf(name);
  };
  const name = `ca${subject.replace(/\W/g, '-')}`;
  const own = await make(name, subject, ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash'], {});
  let count = 0;
  return {
    ...own,
    sign: (of, names = 'DNS:localhost,IP:127.0.0.1', more = {}) =>
      make(`${name}-${count++}`, of, [`subjectAltName=${names}`], { ...more, by: own }),
  };
}

interface Signer extends SignOptions {
  readonly by?: Pair;
}

/** Signs it again with dates of the past, which `openssl req` cannot. */
async function expire(folder: string, { certFile, keyFile }: Pair, by?: Pair): Promise<void> {
  if (by === undefined) throw new Error('only what an authority signs can be made expired');
  const [config, index, asked] = ['expire.cnf', 'expire.txt', 'expire.csr'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  await writeFile(index, '');
  await writeFile(
    config,
    `[ca]\ndefault_ca=x\n[x]\ndatabase=${index}\nnew_certs_dir=${folder}\nrand_serial=yes\npolicy=p\ndefault_md=sha256\nunique_subject=no\ncopy_extensions=copy\npreserve=yes\n[p]\ncommonName=supplied\norganizationName=optional\norganizationalUnitName=optional\nserialNumber=optional\n`,
  );
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'];
  const request = ['-x509toreq', '-copy_extensions', 'copy', '-in', certFile, '-signkey', keyFile, '-out', asked];
  await run('openssl', ['x509', ...request]);
  const files = ['-in', asked, '-out', certFile, '-cert', by.certFile, '-keyfile', by.keyFile];
  await run('openssl', ['ca', '-batch', '-notext', '-config', config, ...dates, ...files]);
}

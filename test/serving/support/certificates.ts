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
  sign(subject: string, names?: string): Promise<Pair>;
}

/** Made by openssl, in a folder of the test. Subjects as openssl writes them: `/O=Acme/CN=001565123456`. */
export async function createAuthority(folder: string, subject: string): Promise<Authority> {
  const pairOf = async (name: string): Promise<Pair> => {
    const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  };
  const make = async (name: string, of: string, extensions: readonly string[], signer: readonly string[]) => {
    const config = join(folder, `${name}.cnf`);
    await writeFile(
      config,
      ['[req]', 'distinguished_name=dn', 'x509_extensions=x', '[dn]', '[x]', ...extensions].join('\n'),
    );
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      join(folder, `${name}.key`),
    ];
    const what = ['-subj', of, '-days', '2', '-config', config, '-out', join(folder, `${name}.crt`)];
    await run('openssl', ['req', '-x509', ...key, ...what, ...signer]);
    return pairOf(name);
  };
  const name = `ca${subject.replace(/\W/g, '-')}`;
  const own = await make(name, subject, ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash'], []);
  let count = 0;
  return {
    ...own,
    sign: (of, names = 'DNS:localhost,IP:127.0.0.1') =>
      make(`${name}-${count++}`, of, [`subjectAltName=${names}`], ['-CA', own.certFile, '-CAkey', own.keyFile]),
  };
}

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../../support/certificates.ts';
import { peer } from '../../support/peer.ts';
import { type Running, serveHttp } from '../support/http.ts';
import { createOut, type Out } from '../support/out.ts';

const mac = '001565123456';
const [nginx, caddy] = [peer('nginx', 'nginx-light'), peer('caddy', 'caddy')];
const [curl, openssl] = [peer('curl', 'curl'), peer('openssl', 'openssl')];
const run = promisify(execFile);
let folder: string;
let out: Out;
let server: Running;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offhook-proxies-'));
  out = await createOut();
  await out.build(`${mac}.cfg`, 'bytes', mac);
  server = await serveHttp(out, { proxies: ['127.0.0.1'] });
});
afterEach(async () => {
  await server.stop();
  await out.remove();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Place {
  readonly port: number;
  readonly certFile: string;
  readonly keyFile: string;
}

/** As docs/https.md shows it, but for the ports, and what keeps a proxy of a test to itself. */
const proxies = [
  {
    name: 'nginx',
    missing: nginx.missing,
    sentence: nginx.sentence,
    start: async ({ port, certFile, keyFile }: Place) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const own = `access_log off; ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}`;
      await writeFile(
        `${folder}/nginx.conf`,
        `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { ${own} server {
          listen 127.0.0.1:${port} ssl;
          ssl_certificate ${certFile};
          ssl_certificate_key ${keyFile};
          location / {
            proxy_pass http://127.0.0.1:${server.port};
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Forwarded "";
          }
        } }`,
      );
      return spawn('nginx', ['-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`], { stdio: 'ignore' });
    },
  },
  {
    name: 'Caddy',
    missing: caddy.missing,
    sentence: caddy.sentence,
    start: async ({ port, certFile, keyFile }: Place) => {
      await writeFile(
        `${folder}/Caddyfile`,
        `{
          admin off
          auto_https disable_redirects
          storage file_system ${folder}/caddy
        }
        https://127.0.0.1:${port} {
          tls ${certFile} ${keyFile}
          reverse_proxy 127.0.0.1:${server.port} {
            header_up -Forwarded
          }
        }`,
      );
      return spawn('caddy', ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'], { stdio: 'ignore' });
    },
  },
];

describe.each(proxies)('behind $name', ({ missing, sentence, start }) => {
  test.skipIf(missing || curl.missing || openssl.missing)(
    `the client is the phone, whatever it says of itself (${sentence}; ${curl.sentence}; ${openssl.sentence})`,
    async () => {
      const { certFile, keyFile } = await (await createAuthority(folder, '/CN=authority')).sign('/CN=proxy');
      const port = await freePort();
      const proxy = await start({ port, certFile, keyFile });
      await listening(port);
      const lies = ['X-Forwarded-For: 198.51.100.1', 'X-Forwarded-Proto: http', 'Forwarded: for=198.51.100.2'].flatMap(
        (line) => ['-H', line],
      );
      const url = `https://127.0.0.1:${port}/${mac}.cfg`;
      for (const more of [[], lies])
        expect((await run('curl', ['-sSk', '--interface', '127.0.0.5', ...more, url])).stdout).toBe('bytes');
      expect((await server.recorded(2)).map(({ address }) => address)).toEqual(['127.0.0.5', '127.0.0.5']);
      expect(server.facts.map(({ protocol }) => protocol)).toEqual(['https', 'https']);
      const ended = once(proxy, 'exit');
      proxy.kill('SIGTERM');
      await ended;
    },
  );
});

async function listening(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const stands = await once(socket, 'connect').catch(() => undefined);
  socket.destroy();
  if (stands !== undefined) return;
  await new Promise((resolve) => setTimeout(resolve, 50));
  await listening(port);
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownAddress } from './sipp/phone.ts';
import { until } from './until.ts';

/** A real Kamailio: a registrar over UDP and TCP on an address of its own, with JSON-RPC over HTTP. */
export interface Kamailio {
  readonly address: string;
  readonly sipPort: number;
  /** Of JSON-RPC. */
  readonly url: string;
  /** Asks it over HTTP, as a person would. */
  rpc(method: string, params?: readonly string[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Where Debian puts the modules, whatever the machine. */
const modules =
  '/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/:/usr/lib64/kamailio/modules/';

/** Any user may register, without a password; `ports` of one that went away bring it back where it was. */
export async function startKamailio(ports?: Pick<Kamailio, 'address' | 'sipPort' | 'url'>): Promise<Kamailio> {
  const address = ports?.address ?? ownAddress();
  const sipPort = ports?.sipPort ?? (await freePort(address));
  const rpcPort = ports ? Number(new URL(ports.url).port) : await freePort(address);
  const url = `http://${address}:${rpcPort}/RPC`;
  const folder = mkdtempSync(join(tmpdir(), 'offhook-kamailio-'));
  const file = join(folder, 'kamailio.cfg');
  writeFileSync(file, configuration({ address, sipPort, rpcPort, folder }));
  const options = ['-f', file, '-DD', '-E', '-m', '32', '-M', '8', '-P', join(folder, 'pid'), '-Y', folder];
  const program = spawn('/usr/sbin/kamailio', options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (text) => {
      said = (said + String(text)).slice(-4_000);
    });
  const ended = once(program, 'exit');
  const rpc = async (method: string, params: readonly string[] = []) => {
    const body = JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 });
    const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(5_000) });
    return Object(await answer.json()).result;
  };
  let isUp = false;
  void (async () => {
    while (!isUp && program.exitCode === null) isUp = await rpc('core.uptime').then(Boolean, () => false);
  })();
  await until(
    () => `Kamailio, which says:\n${said}`,
    () => isUp || (program.exitCode !== null && fail(said)),
  );
  return {
    ...{ address, sipPort, url, rpc },
    async stop() {
      program.kill('SIGTERM');
      const hard = setTimeout(() => killAll(join(folder, 'pid')), 5_000);
      await ended;
      clearTimeout(hard);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fail(said: string): never {
  throw new Error(`Kamailio ended:\n${said}`);
}

function killAll(file: string): void {
  process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = Object(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

interface Places {
  readonly address: string;
  readonly sipPort: number;
  readonly rpcPort: number;
  readonly folder: string;
}

/** `transport` of jsonrpcs must name HTTP: with its default, questions over HTTP are never answered. */
const configuration = ({ address, sipPort, rpcPort, folder }: Places) => `#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
tcp_accept_no_cl=yes
listen=udp:${address}:${sipPort}
listen=tcp:${address}:${sipPort}
listen=tcp:${address}:${rpcPort}
mpath="${modules}"
${[
  'kex',
  'tm',
  'tmx',
  'sl',
  'rr',
  'pv',
  'textops',
  'siputils',
  'ctl',
  'usrloc',
  'registrar',
  'nathelper',
  'xhttp',
  'jsonrpcs',
]
  .map((name) => `loadmodule "${name}.so"`)
  .join('\n')}
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "timer_interval", 1)
modparam("registrar", "min_expires", 1)
modparam("registrar", "received_avp", "$avp(RECEIVED)")
modparam("nathelper", "received_avp", "$avp(RECEIVED)")
modparam("tm", "fr_timer", 1500)
modparam("ctl", "binrpc", "unix:${folder}/ctl")
modparam("jsonrpcs", "transport", 1)
request_route {
  if (is_method("REGISTER")) {
    force_rport();
    fix_nated_register();
    if (!save("location")) sl_reply_error();
    exit;
  }
  if (is_method("NOTIFY")) {
    remove_hf("Route");
    if (!lookup("location")) { sl_send_reply("404", "Not registered"); exit; }
    if (!t_relay()) sl_reply_error();
    exit;
  }
  sl_send_reply("405", "Method Not Allowed");
}
event_route[xhttp:request] {
  if ($hu =~ "^/RPC") { jsonrpc_dispatch(); exit; }
  xhttp_reply("404", "Not Found", "text/html", "");
}
`;

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, startProgram, until } from '../serve/process.ts';

export interface Answerer {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, '../..');
const host = '127.0.0.1';

/** The daemon as people start it; its API on the phones' port and, if there is such a port, on one of its own. */
export async function serveApi(project: string): Promise<{ port: number; memory(): number; stop(): Promise<void> }> {
  const output = join(project, '../offhook.log');
  const port = await freePort(host);
  const ports = ['--http-port', `${port}`, '--tftp-port', '0'];
  const args = [join(root, 'src/main.ts'), 'serve', '--project', project, '--host', host, ...ports];
  const running = startProgram({ program: process.execPath, args, output });
  const log = () => readFileSync(output, 'utf8');
  await until('offhook has built', () => log().includes('build accepted') || running.hasEnded());
  if (running.hasEnded()) throw new Error(log().slice(-2000));
  return { port, memory: running.memory, stop: running.stop };
}

/** The floor: the same bytes by a handler and nothing else. `files` has a file for each line of `list`. */
export async function serveBare(kind: 'fastify' | 'http', files: string, list: string): Promise<Answerer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare.ts'), kind, files, list], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(createInterface({ input: child.stdout }), 'line');
  return { name: kind === 'http' ? 'bare node:http' : 'bare fastify', port: Number(port), stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill();
  await once(child, 'close');
}

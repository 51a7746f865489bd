import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { FetchFact } from '../../../src/model/fact.ts';
import { bodyOf, get } from '../support/http.ts';

const program = fileURLToPath(new URL('../support/serve-http-alone.ts', import.meta.url));

test('without descriptors left it refuses, lives on, and serves again as soon as there are some', async () => {
  const child = spawn('sh', ['-c', 'ulimit -n 60; exec "$0" "$1"', process.execPath, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'close');
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  await once(child.stdout, 'data');
  const port = Number(lines.join(''));
  const { promise: refused, resolve } = Promise.withResolvers<void>();
  const crowd = Array.from({ length: 300 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk.toString('latin1').startsWith('HTTP/1.1 503 ')) resolve();
    });
    socket.write('GET /b.rom HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  });
  await refused;
  for (const socket of crowd) socket.destroy();
  expect(bodyOf(await get(port, '/a.cfg'))).toBe('bytes');
  child.kill('SIGTERM');
  expect((await exit)[0]).toBe(0);
  const facts: FetchFact[] = JSON.parse(lines.join('').replace(/^\d+/, ''));
  expect(facts.filter(({ status }) => status === 503).every(({ reason }) => reason?.includes('EMFILE'))).toBe(true);
  expect(facts).toContainEqual(expect.objectContaining({ status: 200, file: 'a.cfg', complete: true }));
});

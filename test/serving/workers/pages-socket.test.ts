import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSocketPlace } from '../../../src/serving/workers/pages-socket.ts';
import { until } from '../../support/until.ts';

async function listenAt(path: string) {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(path, done));
  return { stop: () => new Promise((done) => server.close(done)) };
}

test('the socket of a daemon that was killed is cleared away by the next one, and that of one that runs is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'o-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const left = join(folder, '.offhook-killed');
  mkdirSync(left);
  const killed = await listenAt(join(left, 'before'));
  // A server that ends takes the name away that it has made, and no other.
  renameSync(join(left, 'before'), join(left, 'pages'));
  await killed.stop();
  const running = createSocketPlace(folder);
  const server = await listenAt(running.path);
  onTestFinished(async () => void (await server.stop()));
  const next = createSocketPlace(folder);
  await until('the folder to be gone', () => !existsSync(left));
  expect(existsSync(running.path)).toBe(true);
  next.remove();
});

import { fork } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLane, type Lane } from '../inquiry/lane.ts';
import { sibling } from '../thread.ts';
import type { SandboxAnswer, SandboxQuestion } from './messages.ts';

/**
 * Renders templates that somebody sent, in a process of its own. A thread would not do: one that asks for too much memory
 * at once takes its process with it, whatever its limits are.
 */
export const createSandbox = (): Lane<SandboxQuestion, SandboxAnswer> =>
  createLane({
    patience: 30_000,
    start({ receive, ended }) {
      const child = fork(realpathSync(fileURLToPath(sibling(import.meta.url, 'child'))), [], {
        ...{ env: {}, serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
        execArgv: ['--permission', ...readable().map((path) => `--allow-fs-read=${path}`), '--max-old-space-size=128'],
      });
      child.on('message', receive);
      child.once('error', (error) => ended(error.message));
      child.once('exit', () => ended(undefined));
      child.unref();
      child.channel?.unref();
      return {
        post: (question) => void child.send(question as object, () => {}),
        end: () => void child.kill('SIGKILL'),
      };
    },
  });

/** The program itself, and the packages that it is installed with. */
function readable(): string[] {
  const root = realpathSync(resolve(import.meta.dirname, '../..'));
  const [packages] = /^.*?[\\/]node_modules(?=[\\/])/.exec(root) ?? [];
  return [root, ...(packages === undefined ? [] : [packages])];
}

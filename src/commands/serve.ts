import { join, resolve } from 'node:path';
import { createDaemon } from '../serve.ts';
import type { Console, Place } from './command.ts';
import { createProgress } from './progress.ts';

export interface ServeArguments extends Place {
  readonly out?: string;
  readonly host: string;
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly notify: boolean;
}

/** Builds, then serves, watches and notifies until it is stopped. 0 after SIGTERM or SIGINT, 1 when it could not start. */
export async function serve({ dir, shipped, out, ...options }: ServeArguments, console: Console): Promise<number> {
  const progress = createProgress(console);
  const daemon = createDaemon({
    ...options,
    project: { dir, shipped },
    out: resolve(out ?? join(dir, 'out')),
    state: stateFolder(dir),
    log: console.log,
    progress: progress.show,
  });
  await daemon.start();
  progress.end();
  await new Promise<void>((stopped) => {
    if (console.stopped.aborted) stopped();
    else console.stopped.addEventListener('abort', () => stopped(), { once: true });
  });
  console.log.info('stopping; transfers under way are finished');
  await daemon.stop();
  return 0;
}

export const stateFolder = (dir: string): string => resolve(dir, '.offhook');

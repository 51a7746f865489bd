import { createDaemon } from '../serve.ts';
import type { Console, Place } from './command.ts';
import { demandProject } from './place.ts';
import { createProgress } from './progress.ts';

export interface ServeArguments extends Place {
  readonly host: string;
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly notify: boolean;
}

/** Builds, then serves, watches and notifies until it is stopped. 0 after SIGTERM or SIGINT, 1 when it could not start. */
export async function serve(
  { dir, shipped, out, state, host, httpPort, tftpPort, notify }: ServeArguments,
  console: Console,
): Promise<number> {
  // Without devices.yml it begins all the same: phones get the last good files, and the file may yet come.
  demandProject({ dir }, { withFile: false });
  const stopped = console.onStop();
  const progress = createProgress(console);
  const daemon = createDaemon({
    ...{ project: { dir, shipped }, out, state, host, httpPort, tftpPort, notify },
    log: console.log,
    progress: progress.show,
  });
  await daemon.start();
  progress.end();
  await new Promise<void>((stop) => {
    if (stopped.aborted) stop();
    else stopped.addEventListener('abort', () => stop(), { once: true });
  });
  console.log.info('stopping; transfers under way are finished');
  await daemon.stop();
  console.log.info('stopped');
  return 0;
}

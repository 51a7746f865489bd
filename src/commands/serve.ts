import { createReplica, type ReplicaOptions } from '../replica.ts';
import { createDaemon, type Daemon } from '../serve.ts';
import type { Console, Place } from './command.ts';
import { formatPlan } from './format-plan.ts';
import { demandProject } from './place.ts';
import { createProgress } from './progress.ts';
import type { Wanted } from './signing.ts';

export interface ServeArguments extends Place {
  readonly host: string;
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly httpsPort: number;
  /** Ports that TFTP answers from; none: the one that was asked. */
  readonly answerPorts: readonly number[];
  /** Threads that answer phones; 0: the main one. */
  readonly workers: number;
  /** TFTP moves many datagrams with one system call. */
  readonly batchedUdp: boolean;
  readonly notify: boolean;
  /** Directories of people are asked. */
  readonly sync?: boolean;
  /** Undefined when no manifest is asked for. */
  readonly manifest?: Wanted;
}

/** Builds, then serves, watches and notifies until it is stopped. 0 after SIGTERM or SIGINT, 1 when it could not start. */
export async function serve(
  { dir, shipped, ageIdentity, out, state, notify, manifest, ...serving }: ServeArguments,
  console: Console,
): Promise<number> {
  // Without devices.yml it begins all the same: phones get the last good files, and the file may yet come.
  demandProject({ dir }, { withFile: false });
  const stopped = console.onStop();
  const progress = createProgress(console);
  const daemon = createDaemon({
    ...serving,
    ...{ project: { dir, shipped, ageIdentity }, out, state, notify, manifest },
    log: console.log,
    progress: progress.show,
    formatPlan,
  });
  return run(daemon, { console, stopped, started: progress.end });
}

/** Serves a copy of an out/ without building, until it is stopped. 0, or 1 when there is no manifest that verifies. */
export async function serveCopy(options: Omit<ReplicaOptions, 'log'>, console: Console): Promise<number> {
  const stopped = console.onStop();
  return run(createReplica({ ...options, log: console.log }), { console, stopped });
}

interface Running {
  readonly console: Console;
  readonly stopped: AbortSignal;
  readonly started?: () => void;
}

async function run(daemon: Daemon, { console, stopped, started }: Running): Promise<number> {
  await daemon.start();
  started?.();
  await new Promise<void>((stop) => {
    if (stopped.aborted) stop();
    else stopped.addEventListener('abort', () => stop(), { once: true });
  });
  console.log.info('stopping; transfers under way are finished');
  await daemon.stop();
  console.log.info('stopped');
  return 0;
}

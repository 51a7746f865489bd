import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../../src/log.ts';
import type { FetchFact } from '../../../src/model/fact.ts';
import type { Listenings } from '../../../src/serving/servers.ts';
import type { Places } from '../../../src/serving/workers/messages.ts';
import { createWorkers, type Workers, type WorkersOptions } from '../../../src/serving/workers/workers.ts';
import { createOut, type Out } from '../support/out.ts';

export interface WorkersSite {
  readonly out: Out;
  readonly workers: Workers;
  readonly ports: { readonly http: number; readonly tftp: number };
  readonly listening: Listenings;
  readonly facts: FetchFact[];
  readonly log: string[];
}

export const noPages = join(tmpdir(), 'offhook-no-pages');

/** Workers over an out/, on ports that are free; stopped when the test is over. */
export async function startWorkers(
  options: Partial<WorkersOptions> = {},
  places: Partial<Places> = {},
): Promise<WorkersSite> {
  const out = await createOut();
  const facts: FetchFact[] = [];
  const log: string[] = [];
  const workers = createWorkers({
    ...{ count: 2, out: out.folder, state: out.around, pages: noPages },
    revisionOf: (mac) => `r-${mac}`,
    record: (some) => void facts.push(...some),
    log: createLog((line) => log.push(line)),
    ...options,
  });
  onTestFinished(async () => {
    await workers.stop();
    await out.remove();
  });
  const listening = await workers.start({ host: '127.0.0.1', httpPort: 0, tftpPort: 0, answerPorts: [], ...places });
  const ports = { http: listening.http.port, tftp: listening.tftp.port };
  return { out, workers, ports, listening, facts, log };
}

/** Tries again what failed because a connection was cut off, as phones do. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 400) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

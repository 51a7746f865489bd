import { createLog } from '../../src/log.ts';
import type { FetchFact } from '../../src/model/fact.ts';
import type { Answer, Lookup } from '../../src/serving/served.ts';
import { createTftpServer, type TftpServerOptions } from '../../src/serving/tftp/server.ts';

/** A TFTP server on a real socket of 127.0.0.1, and what it recorded. */
export interface TftpSite {
  readonly port: number;
  readonly facts: readonly FetchFact[];
  readonly log: readonly string[];
  /** Resolves with the facts when there are so many. */
  recorded(count: number): Promise<readonly FetchFact[]>;
  stop(): Promise<void>;
}

export type Files = Readonly<Record<string, Buffer | Answer>>;

export async function startTftpSite(files: Files, options: Partial<TftpServerOptions> = {}): Promise<TftpSite> {
  const facts: FetchFact[] = [];
  const log: string[] = [];
  const waiting = new Set<() => void>();
  const record = (fact: FetchFact) => {
    facts.push(fact);
    for (const look of waiting) look();
  };
  const server = createTftpServer({
    ...{ host: '127.0.0.1', port: 0, lookup: lookupIn(files), record, log: createLog((line) => log.push(line)) },
    ...options,
  });
  const { port } = await server.start();
  return { port, facts, log, stop: server.stop, recorded };

  function recorded(count: number): Promise<readonly FetchFact[]> {
    const { promise, resolve } = Promise.withResolvers<readonly FetchFact[]>();
    const look = () => {
      if (facts.length < count) return;
      waiting.delete(look);
      resolve(facts);
    };
    waiting.add(look);
    look();
    return promise;
  }
}

/** Buffers are files in memory; anything else is the answer as it stands. */
export function lookupIn(files: Files): Lookup {
  return async (path) => {
    const found = Object.hasOwn(files, path) ? files[path] : undefined;
    if (found === undefined) return { status: 404, reason: `no file has the name ${path}` };
    if (!Buffer.isBuffer(found)) return found;
    return { file: path, size: found.length, modified: new Date(0), bytes: found };
  };
}

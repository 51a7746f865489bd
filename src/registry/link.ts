import { type BackOffOptions, createBackOff } from './back-off.ts';
import { type Connection, type Dial, dial, type Peer } from './connection.ts';

/** A connection that is made again whenever it ends. */
export interface Link {
  start(): void;
  stop(): void;
  write(text: string): void;
  /** Ends the connection for this reason; another try follows. */
  lose(reason: string): void;
  /** All is well: the next absence begins with a short wait again. */
  settled(): void;
}

export interface LinkOptions {
  readonly peer: Peer;
  readonly backOff?: BackOffOptions;
  readonly dial?: Dial;
  readonly opened: () => void;
  /** A sentence when nothing can be made of what comes. */
  readonly data: (bytes: Buffer) => string | undefined;
  /** Told each time, until it is stopped. */
  readonly lost: (reason: string) => void;
}

export function createLink({ peer, opened, data, lost, ...options }: LinkOptions): Link {
  const backOff = createBackOff(options.backOff);
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  function open(): void {
    connection = (options.dial ?? dial)(peer, {
      opened,
      data(bytes) {
        const fault = data(bytes);
        if (fault !== undefined) lose(fault);
      },
      closed: lose,
    });
  }

  function lose(reason: string): void {
    if (stopped || !connection) return;
    connection.close();
    connection = undefined;
    lost(reason);
    timer = setTimeout(open, backOff.next()).unref();
  }

  return {
    start() {
      stopped = false;
      open();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      connection?.close();
      connection = undefined;
    },
    write: (text) => connection?.write(text),
    lose,
    settled: backOff.reset,
  };
}

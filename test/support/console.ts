import type { Console } from '../../src/commands/command.ts';
import { createLog } from '../../src/log.ts';

/** A console that remembers what was said. */
export interface RecordedConsole extends Console {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

export function recordedConsole(): RecordedConsole {
  const said = { out: '', err: '' };
  const err = (text: string) => {
    said.err += text;
  };
  return {
    out(text) {
      said.out += text;
    },
    err,
    isTerminal: false,
    log: createLog(err),
    onStop: () => new AbortController().signal,
    stdout: () => said.out,
    stderr: () => said.err,
  };
}

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { peer } from './peer.ts';

const run = promisify(execFile);

export const tmux = peer('tmux', 'tmux');

/** A program in a terminal of tmux, with what it shows. */
export interface Terminal {
  /** All that is shown, and what has scrolled out of it. */
  screen(options?: { readonly colors?: boolean }): Promise<string>;
  /** Waits until text is shown that was not there when it was last waited for; gives the screen. */
  shows(what: RegExp | string): Promise<string>;
  /** Keys by their names in tmux: `Enter`, `C-c`, `Down`. */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Ended with the test. When the program ends the screen says `ended with CODE`. */
export async function startTerminal(words: readonly string[], { cwd, env = {} }: TerminalOptions): Promise<Terminal> {
  const server = ['-L', `offhook-${randomUUID()}`, '-f', '/dev/null'];
  const tell = async (...args: readonly string[]) => (await run('tmux', [...server, ...args])).stdout;
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  const settings = Object.entries({ TERM: 'xterm-256color', ...env }).map(([name, text]) => `${name}=${text}`);
  const command = ['env', ...settings, ...words].map(quoted).join(' ');
  const size = ['-x', '160', '-y', '50'];
  await tell('new-session', '-d', ...size, '-c', cwd, `${command}; echo "ended with $?"; exec sleep 1000`);
  onTestFinished(async () => {
    await tell('kill-server').catch(() => {});
  });
  const screen: Terminal['screen'] = ({ colors = false } = {}) =>
    tell('capture-pane', '-p', '-J', ...(colors ? ['-e'] : []), '-S', '-2000');
  let seen = 0;
  let last = '';
  const countOf = (pattern: RegExp, text: string) => [...text.matchAll(new RegExp(pattern, 'g'))].length;
  return {
    screen,
    async shows(what) {
      const pattern = typeof what === 'string' ? new RegExp(RegExp.escape(what)) : what;
      const end = performance.now() + 60_000;
      for (;;) {
        const now = await screen();
        const found = pattern.exec(now.slice(seen));
        if (found) seen += found.index + found[0].length;
        // What is asked takes fewer lines once it is answered: the next one may stand higher than the last one did.
        if (found || countOf(pattern, now) > countOf(pattern, last)) {
          last = now;
          return now;
        }
        if (performance.now() > end) throw new Error(`waited in vain for ${pattern} in\n${now}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    press: async (...keys) => void (await tell('send-keys', ...keys)),
    type: async (text) => void (await tell('send-keys', '-l', text)),
  };
}

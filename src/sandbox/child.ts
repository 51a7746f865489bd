import { Script } from 'node:vm';
import type { SandboxAnswer, SandboxQuestion } from './messages.ts';
import { renderSafely } from './render.ts';

// What the process runs that renders templates of somebody. It has no secrets, may write no file, start nothing and
// speak to nobody but who started it; and it comes to its end by itself when that one is gone.

/** Milliseconds that a rendering may take. */
const longest = 5_000;
const script = new Script('work()');

process.on('message', (question: SandboxQuestion) => process.send?.(answerTo(question)));

/** Also a loop without end has one here: the script that called it is stopped. */
function answerTo(question: SandboxQuestion): SandboxAnswer {
  try {
    return script.runInNewContext({ work: () => renderSafely(question) }, { timeout: longest });
  } catch (error) {
    if (Object(error).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { too: 'slow' };
    throw error;
  }
}

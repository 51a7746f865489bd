import { parentPort } from 'node:worker_threads';
import { answerTo } from './answer.ts';
import type { Answer, Question } from './question.ts';

// The thread that reads the whole fetch log for somebody: this file is what it runs.

const port = parentPort;
port?.on('message', (question: Question) => port.postMessage(answered(question)));

function answered(question: Question): Answer {
  try {
    return answerTo(question);
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

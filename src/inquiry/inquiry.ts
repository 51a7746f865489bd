import { sibling, startThread } from '../thread.ts';
import { createLane, type Lane } from './lane.ts';
import type { Answer, Question } from './question.ts';

/** Reads what takes long in a thread of its own: nobody else waits for it. */
export const createInquiry = (): Lane<Question, Answer> =>
  createLane({
    patience: 60_000,
    start({ receive, ended }) {
      const file = sibling(import.meta.url, 'worker');
      const thread = startThread({ file, name: 'inquiry', data: undefined, receive, ended });
      thread.unref();
      return { post: (question) => thread.post(question), end: thread.terminate };
    },
  });

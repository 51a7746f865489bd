import { type AmiMessage, writeAction } from './wire.ts';

type Fields = readonly (readonly [name: string, value: string])[];

export interface Questions {
  /** `item` is told the events of a list, as they come; `done` the answer, or the event that ends the list. */
  ask(fields: Fields, done: (answer: AmiMessage) => void, item?: (event: AmiMessage) => void): void;
  /** False for what is no answer. */
  receive(message: AmiMessage): boolean;
  /** Nobody is told any more. */
  clear(): void;
}

export interface QuestionsOptions {
  readonly write: (text: string) => void;
  /** Milliseconds between two signs of an answer. */
  readonly patience: number;
  readonly silent: () => void;
}

interface Asked {
  readonly done: (answer: AmiMessage) => void;
  readonly item?: (event: AmiMessage) => void;
  readonly timer: NodeJS.Timeout;
}

/** Actions and their answers, which are known by their ActionID. */
export function createQuestions({ write, patience, silent }: QuestionsOptions): Questions {
  const asked = new Map<string, Asked>();
  let turn = 0;

  function settle(id: string, { timer, done }: Asked, message: AmiMessage): void {
    clearTimeout(timer);
    asked.delete(id);
    done(message);
  }

  return {
    ask([action, ...rest], done, item) {
      const id = String(++turn);
      asked.set(id, { done, item, timer: setTimeout(silent, patience).unref() });
      if (action) write(writeAction([action, ['ActionID', id], ...rest]));
    },
    receive(message) {
      const id = message.get('ActionID') ?? '';
      const question = asked.get(id);
      if (!question) return message.get('Event') === undefined;
      question.timer.refresh();
      const list = message.get('EventList')?.toLowerCase();
      if (message.get('Event') === undefined ? question.item && list === 'start' : list !== 'complete')
        question.item?.(message);
      else settle(id, question, message);
      return true;
    },
    clear() {
      for (const { timer } of asked.values()) clearTimeout(timer);
      asked.clear();
    },
  };
}

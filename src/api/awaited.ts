import { Fault } from './fault.ts';

/** Why somebody who was asked has not answered. */
export type NotAnswered = 'busy' | 'slow' | 'ended' | 'large';

const words: Readonly<Record<NotAnswered, readonly [status: number, code: string, sentence: string]>> = {
  busy: [503, 'busy', 'others are asking as well; ask again in a moment'],
  slow: [422, 'too-slow', 'it took too long, and was ended'],
  ended: [422, 'too-much', 'it came to no end: it needs more memory than there is for it'],
  large: [422, 'too-large', 'it makes more than a mebibyte'],
};

/** What is said to whoever asked in vain. */
export function notAnswered(failed: NotAnswered, what: string): Fault {
  const [status, code, sentence] = words[failed];
  return new Fault(status, code, `${what}: ${sentence}`, status === 503 ? { headers: { 'retry-after': '5' } } : {});
}

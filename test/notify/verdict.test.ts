import { expect, test } from 'vitest';
import { endingOf, type Verdict } from '../../src/notify/verdict.ts';

test.each<[Verdict, string]>([
  [{ outcome: 'answered', status: 200 }, 'reached'],
  [{ outcome: 'handed' }, 'reached'],
  [{ outcome: 'silent' }, 'missed'],
  [{ outcome: 'unreachable' }, 'missed'],
  [{ outcome: 'answered', status: 404 }, 'missed'],
  [{ outcome: 'answered', status: 480 }, 'missed'],
  [{ outcome: 'answered', status: 481 }, 'missed'],
  [{ outcome: 'answered', status: 503 }, 'missed'],
  [{ outcome: 'answered', status: 401 }, 'refused'],
  [{ outcome: 'answered', status: 403 }, 'refused'],
  [{ outcome: 'answered', status: 489 }, 'refused'],
])('%j is %s', (verdict, ending) => {
  expect(endingOf(verdict)).toBe(ending);
});

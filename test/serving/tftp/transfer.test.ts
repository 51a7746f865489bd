import { describe, expect, test } from 'vitest';
import {
  acknowledge,
  acknowledgedBytes,
  begin,
  blockEnd,
  blockStart,
  expire,
  hasAnswered,
  patience,
  repeat,
  type Transfer,
} from '../../../src/serving/tftp/transfer.ts';

const retry = { first: 300, most: 4000, tries: 6, farewell: 8000 };
const plain = { blockSize: 512, windowSize: 1, accepted: [] };
const windowed = { blockSize: 512, windowSize: 4, accepted: [['windowsize', '4']] } as const;

/** The blocks that stand to be sent; 0 is the OACK. */
function standing({ acked, sent }: Transfer): number[] {
  return Array.from({ length: sent - acked }, (_, i) => acked + 1 + i);
}

describe('without options', () => {
  test('sends block 1 at once, and each next one for an ACK', () => {
    const transfer = begin(1000, plain, retry);
    expect(standing(transfer)).toEqual([1]);
    expect(acknowledge(transfer, 1)).toBe('send');
    expect(standing(transfer)).toEqual([2]);
    expect(acknowledge(transfer, 2)).toBe('complete');
    expect(acknowledgedBytes(transfer)).toBe(1000);
  });

  test.each([
    [0, 1, 0],
    [1, 1, 1],
    [511, 1, 511],
    [512, 2, 0],
    [513, 2, 1],
    [1024, 3, 0],
  ])('a file of %i bytes takes %i blocks, the last of %i bytes', (size, last, bytes) => {
    const transfer = begin(size, plain, retry);
    expect(transfer.last).toBe(last);
    expect(blockEnd(transfer, last) - blockStart(transfer, last)).toBe(bytes);
  });

  test('answers an ACK once, however often it comes (Sorcerer’s Apprentice)', () => {
    const transfer = begin(5000, plain, retry);
    expect([1, 1, 1, 2, 1, 2, 2].map((block) => acknowledge(transfer, block))).toEqual([
      ...['send', 'nothing', 'nothing', 'send', 'nothing', 'nothing', 'nothing'],
    ]);
  });

  test('ignores an ACK of a block that was never sent', () => {
    const transfer = begin(5000, plain, retry);
    expect([2, 100, 0xffff, 0].map((block) => acknowledge(transfer, block))).toEqual(Array(4).fill('nothing'));
    expect(standing(transfer)).toEqual([1]);
  });
});

describe('with options', () => {
  test('sends the OACK first, as if it were block 0, and the first window for its ACK', () => {
    const transfer = begin(5000, windowed, retry);
    expect(standing(transfer)).toEqual([0]);
    expect(hasAnswered(transfer)).toBe(false);
    expect([1, 4, 0xffff].map((block) => acknowledge(transfer, block))).toEqual(Array(3).fill('nothing'));
    expect(acknowledge(transfer, 0)).toBe('send');
    expect(hasAnswered(transfer)).toBe(true);
    expect(standing(transfer)).toEqual([1, 2, 3, 4]);
    expect(acknowledgedBytes(transfer)).toBe(0);
  });

  test('goes on from an ACK in the middle of a window', () => {
    const transfer = begin(5000, windowed, retry);
    acknowledge(transfer, 0);
    expect(acknowledge(transfer, 2)).toBe('send');
    expect(standing(transfer)).toEqual([3, 4, 5, 6]);
  });

  test('does not answer the ACK before the window again, which would double all that follows', () => {
    const transfer = begin(5000, windowed, retry);
    acknowledge(transfer, 0);
    acknowledge(transfer, 4);
    expect([4, 3, 0].map((block) => acknowledge(transfer, block))).toEqual(['nothing', 'nothing', 'nothing']);
  });

  test('the last window is as short as the file wants', () => {
    const transfer = begin(5 * 512, windowed, retry);
    acknowledge(transfer, 0);
    acknowledge(transfer, 4);
    expect(standing(transfer)).toEqual([5, 6]);
    expect(acknowledge(transfer, 6)).toBe('complete');
  });
});

test('block numbers roll over past 65535, in windows too', () => {
  const size = 200_000 * 8 + 3;
  const transfer = begin(size, { blockSize: 8, windowSize: 50, accepted: [['windowsize', '50']] }, retry);
  acknowledge(transfer, 0);
  let next = 'send';
  for (let rounds = 0; next === 'send' && rounds < 5000; rounds++) next = acknowledge(transfer, transfer.sent & 0xffff);
  expect(next).toBe('complete');
  expect(transfer.acked).toBe(200_001);
  expect(acknowledgedBytes(transfer)).toBe(size);
});

describe('silence', () => {
  test('is answered by the same blocks, after 300 ms and then twice as long each time, up to 4 s, and 8 s at the end', () => {
    const transfer = begin(5000, plain, retry);
    const waits = [patience(transfer)];
    while (expire(transfer) === 'send') waits.push(patience(transfer));
    expect(waits).toEqual([300, 600, 1200, 2400, 4000, 8000]);
    expect(standing(transfer)).toEqual([1]);
  });

  test('is waited for as long as the client negotiated', () => {
    const agreed = { ...plain, timeout: 6, accepted: [['timeout', '6']] as const };
    const transfer = begin(5000, agreed, retry);
    expire(transfer);
    expect(patience(transfer)).toBe(6000);
  });

  test('is forgotten when the client answers', () => {
    const transfer = begin(5000, plain, retry);
    expire(transfer);
    expire(transfer);
    acknowledge(transfer, 1);
    expect(patience(transfer)).toBe(300);
  });
});

describe('a request that is repeated', () => {
  test('gets the first answer again while nothing is acknowledged', () => {
    const transfer = begin(5000, windowed, retry);
    expect(repeat(transfer)).toBe('send');
    expect(standing(transfer)).toEqual([0]);
  });

  test('changes nothing in the middle of a transfer', () => {
    const transfer = begin(5000, plain, retry);
    acknowledge(transfer, 1);
    expect(repeat(transfer)).toBe('nothing');
    expect(standing(transfer)).toEqual([2]);
  });

  test('begins anew when the client was silent: a phone that restarted uses its old port', () => {
    const transfer = begin(5000, windowed, retry);
    acknowledge(transfer, 0);
    acknowledge(transfer, 4);
    expire(transfer);
    expire(transfer);
    expect(repeat(transfer)).toBe('send');
    expect(standing(transfer)).toEqual([0]);
  });
});

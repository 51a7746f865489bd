import { describe, expect, test } from 'vitest';
import { aKillInMidBuildLeavesOutWhole } from '../soak/a-kill-in-mid-build-leaves-out-whole.ts';
import { abandonTransfers } from '../soak/abandoned-transfers-leave-nothing-behind.ts';
import { manySocketsOfOneAddressStarveNobody } from '../soak/many-sockets-of-one-address-starve-nobody.ts';
import { mutatedPacketsLeaveGoodTransfersGood } from '../soak/mutated-packets-leave-good-transfers-good.ts';
import type { Outcome } from '../soak/outcome.ts';
import { rewritingOutTearsNoFile } from '../soak/rewriting-out-tears-no-file.ts';
import { whyNoSmallDisk } from '../soak/small-disk.ts';
import { lineOf } from '../soak/soak.ts';
import { startTarget } from '../soak/target.ts';
import { withoutDescriptorsItRefusesAndRecovers } from '../soak/without-descriptors-it-refuses-and-recovers.ts';
import { withoutRoomOnTheDiskPhonesAreServed } from '../soak/without-room-on-the-disk-phones-are-served.ts';

// The scenarios of `npm run soak` with small numbers, each on a daemon of its own. They wait more than they work, so
// they run side by side.

const seed = 1;
const patience = 240_000;
const noSmallDisk = whyNoSmallDisk();

function expectHeld(outcome: Outcome, done: Readonly<Record<string, number>>): void {
  const { violations, figures } = outcome;
  expect(violations, lineOf(outcome)).toEqual([]);
  expect(figures).toMatchObject(done);
}

describe.concurrent.each([0, 2])('the daemon with %i workers, from outside', (workers) => {
  test('serves the right bytes after 20,000 mutated packets', { timeout: patience }, async () => {
    await using target = await startTarget(20, { workers });
    expectHeld(await mutatedPacketsLeaveGoodTransfersGood(target, { packets: 20_000, seed }), { packets: 20_000 });
  });

  test('has nothing left of transfers that were abandoned at every state', { timeout: patience }, async () => {
    await using target = await startTarget(6, { workers });
    const warming = await abandonTransfers(target, { each: 5, patience: 15, lap: 0 });
    const abandoned = await abandonTransfers(target, { each: 15, patience: 15, lap: 1, alone: true });
    expectHeld(await abandoned.outcome(), { 'TFTP transfers': 90, 'HTTP connections': 330 });
    expectHeld(await warming.outcome(), { 'TFTP transfers': 30, 'HTTP connections': 110 });
  });

  test('serves others while one address holds 2,000 sockets', { timeout: patience }, async () => {
    await using target = await startTarget(6, { workers });
    const outcome = await manySocketsOfOneAddressStarveNobody(target, { sockets: 2000, seed });
    expectHeld(outcome, { 'sockets of one address': 2000, 'transfers begun': 1000 });
  });

  test('gives whole files of good edits alone while out/ is rewritten 60 times', { timeout: patience }, async () => {
    await using target = await startTarget(6, { workers });
    expectHeld(await rewritingOutTearsNoFile(target, { edits: 60, seed }), { edits: 60, broken: 30 });
  });

  test('refuses without descriptors, says so, and recovers', { timeout: patience }, async () => {
    expectHeld(await withoutDescriptorsItRefusesAndRecovers({ times: 1, seed, workers }), { 'times used up': 1 });
  });
});

describe.concurrent('the disk, from outside', () => {
  test.skipIf(noSmallDisk !== undefined)(
    `may be full or read-only: phones are served${noSmallDisk === undefined ? '' : ` (${noSmallDisk})`}`,
    { timeout: patience },
    async () => {
      expectHeld(await withoutRoomOnTheDiskPhonesAreServed({ requests: 500 }), { 'edits held up': 3 });
    },
  );

  test('has a whole out/ when the daemon is killed in the middle of a build', { timeout: patience }, async () => {
    expectHeld(await aKillInMidBuildLeavesOutWhole({ kills: 8, devices: 500, seed }), { kills: 8 });
  });
});

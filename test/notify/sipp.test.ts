import { afterEach, describe, expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { Secret } from '../../src/model/secret.ts';
import { createNotifier, type Notification, type NotifierOptions } from '../../src/notify/notifier.ts';
import { peer } from '../support/peer.ts';
import { type SippPhone, startSipp } from '../support/sipp/phone.ts';

const sipp = peer('sipp', 'sip-tester');
const quick = { t1: 50, t2: 200, t4: 250 };
const cleanup: (() => unknown)[] = [];
const credentials = { user: '1001', password: new Secret('correct horse') };

afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo();
});

async function phone(...scenario: Parameters<typeof startSipp>): Promise<SippPhone> {
  const started = await startSipp(...scenario);
  cleanup.push(started.kill);
  return started;
}

async function tell({ address, port }: SippPhone, more: Partial<Notification> = {}, options: NotifierOptions = {}) {
  const notifier = createNotifier({ localAddress: '127.0.0.1', ...options });
  cleanup.push(notifier.close);
  return notifier.notify({
    mac: '001565123456' as Mac,
    user: '1001',
    target: { address, port },
    events: [{ event: 'check-sync;reboot=false' }],
    cause: 'change',
    revision: 'r1',
    ...more,
  });
}

describe.skipIf(sipp.missing)(`a phone played by sipp (${sipp.sentence})`, () => {
  test('takes the event and finds the request whole', async () => {
    const started = await phone('answers');
    expect(await tell(started)).toEqual({
      at: expect.any(Number),
      device: '001565123456',
      target: `${started.address}:${started.port}`,
      event: 'check-sync;reboot=false',
      revision: 'r1',
      cause: 'change',
      outcome: 'answered',
      status: 200,
    });
    expect(await started.ended()).toBe(0);
  });

  test.each([
    ['MD5 with a quality', 'algorithm=MD5, qop="auth"'],
    ['MD5 with two qualities', 'algorithm=MD5, qop="auth,auth-int", opaque="x y"'],
    ['MD5 without a quality, as RFC 2069 had it', 'algorithm=MD5'],
    ['no algorithm', 'stale=false'],
  ])('challenges and verifies the digest: %s', async (_, digest) => {
    const started = await phone('challenges', { digest });
    expect(await tell(started, { credentials })).toMatchObject({ outcome: 'answered', status: 200 });
    expect(await started.ended()).toBe(0);
  });

  test('refuses a wrong password with 403', async () => {
    const started = await phone('challenges', { digest: 'algorithm=MD5, qop="auth"' });
    const wrong = { user: '1001', password: new Secret('battery staple') };
    expect(await tell(started, { credentials: wrong })).toMatchObject({
      outcome: 'answered',
      status: 403,
      reason: '403 Forbidden',
    });
    expect(await started.ended()).toBe(0);
  });

  test('says first that it tries, and answers later', async () => {
    const started = await phone('tries-first');
    expect(await tell(started, {}, { timers: quick })).toMatchObject({ outcome: 'answered', status: 202 });
    expect(await started.ended()).toBe(0);
  });

  test('is reached but does no such event', async () => {
    expect(await tell(await phone('no-dialog'))).toMatchObject({
      outcome: 'answered',
      status: 481,
      reason: 'reached, but it does not do this event (481 Subscription Does Not Exist)',
    });
  });

  test('is silent, and stays a phone that is there', async () => {
    const started = await phone('silent');
    expect(await tell(started, {}, { timers: { t1: 5, t2: 40, t4: 50 } })).toMatchObject({
      outcome: 'silent',
      reason: 'no answer',
    });
  });
});

import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createKamailio } from '../../../src/registry/kamailio/kamailio.ts';
import { type Kamailio, startKamailio } from '../../support/kamailio.ts';
import { peer } from '../../support/peer.ts';
import { notified, type RegisterOptions, startRegistered } from '../../support/sipp/registered.ts';
import { until } from '../../support/until.ts';
import { found, recordedIntake } from '../intake.ts';

const kamailio = peer('kamailio', 'kamailio');
const sipp = peer('sipp', 'sip-tester');
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

async function started(ports?: Kamailio): Promise<Kamailio> {
  const server = await startKamailio(ports);
  cleanup.push(server.stop);
  return server;
}

async function phone(options: RegisterOptions) {
  const registered = await startRegistered(options);
  cleanup.push(registered.kill);
  return registered;
}

function source(url: string) {
  const intake = recordedIntake('office');
  const backOff = { first: 50, most: 200 };
  const made = createKamailio({ name: 'office', url, every: 100, patience: 2_000, backOff }, intake);
  made.start();
  onTestFinished(made.stop);
  return { ...intake, source: made };
}

describe.skipIf(kamailio.missing || sipp.missing)(`a real Kamailio (${kamailio.sentence}; ${sipp.sentence})`, () => {
  test('says who is registered, from where, and with which MAC', async () => {
    const server = await started();
    const polycom = { agent: 'PolycomVVX-VVX_411-UA/5.9.6.2327', instance: '00000000-0000-1000-8000-0004f2000001' };
    const one = await phone({ registrar: server, user: '1001', ...polycom });
    const two = await phone({ registrar: server, user: '1002', transport: 'tcp' });
    const registrations = (await found(source(server.url), 2)).sort((a, b) => a.port - b.port);
    expect(registrations).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ extension: '1001', address: one.address, port: one.port, transport: 'udp', source: 'office' },
          ...{ contact: `sip:1001@${one.address}:${one.port};transport=UDP`, user_agent: polycom.agent },
          ...{ instance: `urn:uuid:${polycom.instance}`, macs: ['0004f2000001'], isDirect: true },
        }),
        expect.objectContaining({ extension: '1002', address: two.address, transport: 'tcp' }),
      ]),
    );
    for (const { at, expires = 0 } of registrations) expect(expires - at).toBeGreaterThan(100_000);
  });

  test('forgets a phone whose registration is over', async () => {
    const server = await started();
    await phone({ registrar: server, user: '1001', expires: 2 });
    const watch = source(server.url);
    await found(watch, 1);
    await found(watch, 0);
    expect(watch.states).toEqual([{ up: true, since: expect.any(Number) }]);
  });

  test('sends a NOTIFY to one phone, and says what it answered', async () => {
    const server = await started();
    const told = await phone({ registrar: server, user: '1001' });
    const watch = source(server.url);
    const [registration] = await found(watch);
    expect(await watch.source.notify?.(registration!, { event: 'check-sync;reboot=false' })).toEqual({
      ...{ outcome: 'answered', status: 200, reason: 'sent by office' },
    });
    expect(await notified(told)).toEqual(['check-sync;reboot=false']);
    await told.kill();
    expect(await watch.source.notify?.(registration!, { event: 'check-sync' })).toMatchObject({
      outcome: expect.stringMatching(/silent|answered/),
      reason: expect.stringMatching(/no answer to office|as office says/),
    });
  });

  test('that goes away is said to be away, once, and found again when it is back', async () => {
    const server = await started();
    await phone({ registrar: server, user: '1001' });
    const watch = source(server.url);
    await found(watch);
    await server.stop();
    await until('it to be away', () => !watch.source.state().up);
    expect(watch.all()).toHaveLength(1);
    cleanup.splice(cleanup.indexOf(server.stop), 1);
    await started(server);
    await until('it to be back', () => watch.source.state().up);
    expect(watch.states.map(({ up }) => up)).toEqual([true, false, true]);
  });
});

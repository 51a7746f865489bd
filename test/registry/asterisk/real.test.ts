import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { createAsterisk } from '../../../src/registry/asterisk/asterisk.ts';
import { type Asterisk, startAsterisk } from '../../support/asterisk.ts';
import { peer } from '../../support/peer.ts';
import { notified, type RegisterOptions, startRegistered } from '../../support/sipp/registered.ts';
import { until } from '../../support/until.ts';
import { found, recordedIntake } from '../intake.ts';

const asterisk = peer('asterisk', 'asterisk (of bullseye, where a later Debian has none)');
const sipp = peer('sipp', 'sip-tester');
const cleanup: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

async function started(ports?: Asterisk): Promise<Asterisk> {
  const server = await startAsterisk(['1001', '1002'], ports);
  cleanup.push(server.stop);
  return server;
}

async function phone(options: RegisterOptions) {
  const registered = await startRegistered(options);
  cleanup.push(registered.kill);
  return registered;
}

function source({ address, amiPort, user, password }: Asterisk) {
  const intake = recordedIntake('office');
  const peer = { host: address, port: amiPort };
  const options = { name: 'office', peer, user, password: new Secret(password), patience: 5_000 };
  const made = createAsterisk({ ...options, backOff: { first: 50, most: 200 } }, intake);
  made.start();
  onTestFinished(made.stop);
  return { ...intake, source: made };
}

describe.skipIf(asterisk.missing || sipp.missing)(`a real Asterisk (${asterisk.sentence}; ${sipp.sentence})`, () => {
  test('lists who is registered, and tells at once of who comes', async () => {
    const server = await started();
    const polycom = { agent: 'PolycomVVX-VVX_411-UA/5.9.6.2327', instance: '00000000-0000-1000-8000-0004f2000001' };
    const one = await phone({ registrar: server, user: '1001', ...polycom });
    const watch = source(server);
    await until('it to be up', () => watch.source.state().up);
    const two = await phone({ registrar: server, user: '1002', transport: 'tcp' });
    await found(watch, 2);
    await until('its user agent', () => watch.all().every(({ user_agent }) => user_agent !== undefined));
    expect(watch.all()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ extension: '1001', address: one.address, port: one.port, transport: 'udp', source: 'office' },
          user_agent: polycom.agent,
        }),
        expect.objectContaining({ extension: '1002', address: two.address, transport: 'tcp' }),
      ]),
    );
    for (const { at, expires = 0 } of watch.all()) expect(expires - at).toBeGreaterThan(60_000);
  });

  test('sends a NOTIFY to the one phone of an extension, and to the one that is meant of two', async () => {
    const server = await started();
    const alone = await phone({ registrar: server, user: '1001' });
    const first = await phone({ registrar: server, user: '1002' });
    const second = await phone({ registrar: server, user: '1002' });
    const watch = source(server);
    const registrations = await found(watch, 3);
    const at = (port: number, address: string) =>
      registrations.find((one) => one.port === port && one.address === address)!;
    const event = { event: 'check-sync;reboot=false' };
    const handed = { outcome: 'handed', reason: 'office took it' };
    expect(await watch.source.notify?.(at(alone.port, alone.address), event)).toEqual(handed);
    expect(await notified(alone)).toEqual(['check-sync;reboot=false']);
    expect(await watch.source.notify?.(at(second.port, second.address), event)).toEqual(handed);
    expect(await notified(second)).toEqual(['check-sync;reboot=false']);
    expect(first.events()).toEqual([]);
  });

  test('that does not take the password is said to be away, with its words', async () => {
    const server = await started();
    const watch = source({ ...server, password: 'another-one' });
    const words = 'it does not take user offhook: Authentication failed';
    await until(
      () => `a refusal, and not ${JSON.stringify(watch.source.state())}`,
      () => {
        const state = watch.source.state();
        return !state.up && state.reason.includes(words);
      },
    );
  });

  test('that goes away is said to be away, once, and found again when it is back', async () => {
    const server = await started();
    await phone({ registrar: server, user: '1001' });
    const watch = source(server);
    await found(watch);
    await server.stop();
    await until('it to be away', () => !watch.source.state().up);
    cleanup.splice(cleanup.indexOf(server.stop), 1);
    await started(server);
    await until('it to be back', () => watch.source.state().up);
    expect(watch.states.map(({ up }) => up)).toEqual([true, false, true]);
  });
});

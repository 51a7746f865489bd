import { afterEach, describe, expect, test } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { type Kamailio, startKamailio } from './support/kamailio.ts';
import { peer } from './support/peer.ts';
import { createProject, siteOf } from './support/project.ts';
import { notified, startRegistered } from './support/sipp/registered.ts';
import { until } from './support/until.ts';

const kamailio = peer('kamailio', 'kamailio');
const sipp = peer('sipp', 'sip-tester');
const knows = async (server: Kamailio) => {
  let isKnown = false;
  void (async () => {
    while (!isKnown) isKnown = (await server.rpc('ul.lookup', ['location', '1001'])) !== undefined;
  })();
  await until('the phone to be registered', () => isKnown);
};
const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

describe.skipIf(kamailio.missing || sipp.missing)(
  `a daemon beside a real Kamailio (${kamailio.sentence}; ${sipp.sentence})`,
  () => {
    test('notifies a phone that it never saw, where the phone is registered; and goes on when Kamailio is gone', async () => {
      const server = await startKamailio();
      cleanup.push(server.stop);
      const phone = await startRegistered({ registrar: server, user: '1001' });
      cleanup.push(phone.kill);
      await knows(server);
      const registry = `registry:\n  - { name: office, kamailio: { url: "${server.url}", every: 5 } }`;
      const project = createProject(siteOf([{ port: 5060 }], registry));
      const daemon = await startDaemon(project);
      await daemon.said(/registrations are known source=office kind=kamailio registrations=1/);
      const [fact] = await daemon.told(() => project.edit('devices.yml', 'Person 1', 'Ada'));
      expect(fact).toMatchObject({ outcome: 'answered', status: 200, target: `${phone.address}:${phone.port}` });
      expect(await notified(phone)).toHaveLength(1);
      const metrics = (await daemon.get('/-/metrics')).text;
      expect(metrics).toMatch(/offhook_registry_up\{source="office"\} 1/);
      expect(metrics).toMatch(/offhook_registrations\{source="office"\} 1/);
      cleanup.splice(cleanup.indexOf(server.stop), 1);
      await daemon.after(server.stop, /a source of registrations is away.* source=office/);
      const [again] = await daemon.told(() => project.edit('devices.yml', 'Ada', 'Eve'));
      expect(again).toMatchObject({ outcome: 'answered', status: 200 });
      await daemon.after(() => project.edit('devices.yml', registry, ''), /build accepted/);
      expect((await daemon.get('/-/metrics')).text).not.toContain('source="office"');
    });

    test.each([
      ['pbx', 'sent by office'],
      ['proxy', undefined],
      ['pbx, direct', 'sent by office'],
    ])('tells a phone by way of %s', async (route, reason) => {
      const server = await startKamailio();
      cleanup.push(server.stop);
      const phone = await startRegistered({ registrar: server, user: '1001' });
      cleanup.push(phone.kill);
      await knows(server);
      const proxy = `{ server: ${server.address}, port: ${server.sipPort}, transport: tcp }`;
      const sections = [
        `registry:\n  - { name: office, kamailio: { url: "${server.url}", every: 5 } }`,
        `defaults: { notify: { route: [${route}], proxy: ${proxy} } }`,
      ];
      const project = createProject(siteOf([{ port: 5060 }], sections.join('\n')));
      const daemon = await startDaemon(project);
      await daemon.said(/registrations are known .* registrations=1/);
      const [fact] = await daemon.told(() => project.edit('devices.yml', 'Person 1', 'Ada'));
      expect(fact).toMatchObject({ outcome: 'answered', status: 200 });
      expect(fact?.reason).toBe(reason);
      expect(await notified(phone)).toHaveLength(1);
    });
  },
);

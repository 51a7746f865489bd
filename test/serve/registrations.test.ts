import { describe, expect, onTestFinished, test } from 'vitest';
import { listen } from '../api/support/sse.ts';
import { startDaemon } from '../support/daemon.ts';
import { startKamailio } from '../support/kamailio.ts';
import { peer } from '../support/peer.ts';
import { createProject, siteOf } from '../support/project.ts';
import { startRegistered } from '../support/sipp/registered.ts';

const kamailio = peer('kamailio', 'kamailio');
const sipp = peer('sipp', 'sip-tester');

describe.skipIf(kamailio.missing || sipp.missing)(
  `phones that register with a real Kamailio (${kamailio.sentence}; ${sipp.sentence})`,
  () => {
    test('are told when they come and when they go, and a restart of the daemon is neither', async () => {
      const server = await startKamailio();
      onTestFinished(server.stop);
      const registry = `registry: [{ name: office, kamailio: { url: "${server.url}", every: 5 } }]`;
      const project = createProject(siteOf([{ port: 5060 }], `notify: { mode: off }\n${registry}`));
      const first = await startDaemon(project);
      await first.said(/registrations are known source=office/);
      const types = 'types=phone.registered,phone.unregistered&since=0';
      const { heard } = await listen(first.httpPort, `/api/v1/events?${types}`);
      const phone = await startRegistered({ registrar: server, user: '1001', agent: 'Phone 1.2' });
      onTestFinished(phone.kill);
      const [registered] = await heard(1);
      const known = { extension: '1001', ip: phone.address, mac: '02:00:00:00:00:01', source: 'office' };
      expect(registered).toMatchObject({
        event: 'phone.registered',
        data: { device: '02:00:00:00:00:01', data: { ...known, user_agent: 'Phone 1.2' } },
      });
      await first.stop();

      const second = await startDaemon(project);
      await second.said(/registrations are known source=office/);
      const after = await listen(second.httpPort, `/api/v1/events?${types}`);
      await server.rpc('ul.rm', ['location', '1001']);
      const all = await after.heard(2);
      expect(all[0]).toEqual(registered);
      expect(all[1]).toMatchObject({ event: 'phone.unregistered', data: { data: known } });
      expect(all).toHaveLength(2);
    });
  },
);

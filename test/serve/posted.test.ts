import { expect, onTestFinished, test } from 'vitest';
import { ask } from '../api/support/api.ts';
import { listen } from '../api/support/sse.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { openUdp } from '../support/udp-socket.ts';
import { until } from '../support/until.ts';

const post = (port: number, body: unknown) => ask(port, '/api/phones/webhook', { method: 'POST', body });

test('a registration that a PBX posts is told, found again, and where the phone is notified', async () => {
  const phone = openUdp('127.0.0.1');
  onTestFinished(phone.close);
  const project = createProject(siteOf([{ port: 5060 }, { port: 5061 }]));
  const { httpPort } = await startDaemon(project);
  const { told } = await listen(
    httpPort,
    '/api/v1/events?types=phone.registered,phone.unregistered,phone.status_changed',
  );
  const news = (event: string, status?: string) =>
    until(
      () => `${event} ${status} among ${JSON.stringify(told)}`,
      () => told.find(({ data }) => data.event === event && data.data.status === status)?.data,
    );
  const data = { extension: '1001', ip: '127.0.0.1', contact: `sip:1001@127.0.0.1:${phone.port}` };
  expect(await post(httpPort, { event: 'registration', data })).toMatchObject({
    status: 200,
    json: { success: true, message: 'Webhook processed' },
  });
  expect(await news('phone.registered')).toMatchObject({
    device: '02:00:00:00:00:01',
    data: { extension: '1001', ip: '127.0.0.1', mac: '02:00:00:00:00:01', source: 'webhook' },
  });
  project.edit('devices.yml', 'Person 1', 'Ada');
  // The NOTIFY comes to where the phone is by its registration.
  expect(String((await phone.next()).packet)).toMatch(/^NOTIFY sip:1001@127\.0\.0\.1/);
  await post(httpPort, { event: 'call_start', data: { extension: '1001' } });
  await news('phone.status_changed', 'in_call');
  await post(httpPort, { event: 'unregistration', data: { extension: '1001' } });
  await news('phone.unregistered');
});

test('what it cannot use it refuses in the form of the second predecessor', async () => {
  const { httpPort } = await startDaemon(createProject(siteOf([{ port: 5060 }])));
  expect(await post(httpPort, { event: 'party', data: {} })).toMatchObject({
    status: 400,
    json: {
      success: false,
      error: 'Validation error',
      message: expect.stringMatching(/the event is "party"; wanted one of/),
    },
  });
  expect(await post(httpPort, [])).toMatchObject({ status: 400, json: { success: false } });
  expect(await ask(httpPort, '/api/phones/webhook')).toMatchObject({ status: 404 });
});

test('who is there after a restart is no news, and what was told before is told again to whoever asks for it', async () => {
  const project = createProject(siteOf([{ port: 5060 }]));
  const first = await startDaemon(project);
  const data = { extension: '1001', ip: '192.0.2.7' };
  await post(first.httpPort, { event: 'registration', data });
  const before = await listen(first.httpPort, '/api/v1/events?types=phone.registered&since=0');
  const [told] = await before.heard(1);
  await first.stop();
  const second = await startDaemon(project);
  await post(second.httpPort, { event: 'registration', data });
  await post(second.httpPort, { event: 'registration', data: { ...data, ip: '192.0.2.8' } });
  const after = await listen(second.httpPort, '/api/v1/events?types=phone.registered&since=0');
  const all = await after.heard(2);
  expect(all[0]).toEqual(told);
  expect(
    all.map(
      ({
        data: {
          data: { ip },
        },
      }) => ip,
    ),
  ).toEqual(['192.0.2.7', '192.0.2.8']);
});

import { expect, test } from 'vitest';
import { listen } from '../api/support/sse.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

test('a listener hears that a rollout begins, and that the others get the change', async () => {
  const phones = [{ port: 5060 }, { port: 5061 }, { port: 5062 }];
  const project = createProject(siteOf(phones, 'notify: { canary: { devices: ["1002"], wait: 10m } }'));
  const { httpPort, get, after } = await startDaemon(project, { timing: { rollout: 20 } });
  for (const [index] of phones.entries()) await get(`/${macOf(index + 1)}.cfg`);
  const { told } = await listen(httpPort, '/api/v1/events?types=rollout');
  await after(
    () => project.write('devices.yml', project.read('devices.yml').replaceAll('name: Person', 'name: Somebody')),
    /canaries get a change first/,
  );
  await get(`/${macOf(2)}.cfg`);
  const heard = (event: string) =>
    until(
      () => `${event} among ${JSON.stringify(told)}`,
      () => told.find(({ data }) => data.event === event)?.data.data,
    );
  expect(await heard('rollout.began')).toMatchObject({ canaries: 1, held: 2, began: expect.stringMatching(/Z$/) });
  expect(await heard('rollout.released')).toMatchObject({ canaries: 1 });
});

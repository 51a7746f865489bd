import { afterAll, expect, test } from 'vitest';
import { createPolicies } from '../../src/model/notify-policy.ts';
import { createProject } from '../support/loading.ts';

const project = createProject();
afterAll(() => project[Symbol.dispose]());

async function policiesOf(notify: string, groups = '') {
  const device = (number: number, more: string) =>
    `  - { mac: "00156500000${number}", vendor: yealink, model: t46s${more} }`;
  project.write(
    'devices.yml',
    [
      'server: { address: 192.0.2.1 }',
      notify,
      'defaults: { timezone: Europe/Berlin }',
      `groups: { lab: {}, ${groups} }`,
      'devices:',
      device(1, ''),
      device(2, ', group: lab'),
      device(3, ', group: night'),
      device(4, ', group: night, timezone: America/New_York, notify: { pace: { per_address: 9 } }'),
    ].join('\n'),
  );
  const { site, problems } = await project.loader.load();
  expect(problems).toEqual([]);
  const policyOf = createPolicies(site);
  return { site, policies: site.devices.map(policyOf), again: site.devices.map(policyOf) };
}

test('says what holds when nobody says anything', async () => {
  const { policies } = await policiesOf('', 'night: {}');
  const minute = 60_000;
  expect(policies[0]).toEqual({
    ...{ group: undefined, zone: 'Europe/Berlin', windows: [], max_wait: 30 * minute, cohort: '' },
    ...{ per_address: 5, per_group: undefined, canary: undefined },
    retry: [1, 4, 15, 60, 240].map((minutes) => minutes * minute),
  });
});

test('lets a group say otherwise than the site, word by word, and keeps the policy of devices alike', async () => {
  const { site, policies, again } = await policiesOf(
    'notify: { per_second: 3, pace: { per_address: 7 }, max_wait: 2h, retry: [], canary: { percent: 2.5 } }',
    'night: { notify: { pace: { per_group: 0.5 }, window: [{ from: "22:00", to: "05:30" }, { days: [sun], from: "00:00", to: "00:00" }], canary: { devices: [night], wait: 90s, require: registered } } }',
  );
  expect(site.notify).toMatchObject({ per_second: 3, per_address: 7 });
  const [plain, lab, night, abroad] = policies;
  expect(plain).toMatchObject({ per_address: 7, retry: [], max_wait: 7_200_000, cohort: '', windows: [] });
  expect(plain?.canary).toEqual({ devices: undefined, percent: 2.5, wait: 900_000, require: 'fetched' });
  expect(lab).toMatchObject({ group: 'lab', cohort: '', canary: { percent: 2.5 } });
  expect(night).toMatchObject({ per_address: 7, per_group: 0.5, cohort: 'night', zone: 'Europe/Berlin' });
  expect(night?.windows).toEqual([
    { days: new Set([1, 2, 3, 4, 5, 6, 7]), from: 1320, to: 330 },
    { days: new Set([7]), from: 0, to: 0 },
  ]);
  expect(night?.canary).toEqual({ devices: ['night'], percent: undefined, wait: 90_000, require: 'registered' });
  expect(abroad).toMatchObject({ per_address: 9, per_group: 0.5, zone: 'America/New_York', cohort: 'night' });
  for (const [index, policy] of policies.entries()) expect(again[index]).toBe(policy);
});

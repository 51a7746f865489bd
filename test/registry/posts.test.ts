import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readPosted } from '../../src/registry/posted.ts';
import { createPosts, type News } from '../../src/registry/posts.ts';
import { createView } from '../../src/registry/view.ts';
import { linesLog } from '../state/folder.ts';
import { until } from '../support/until.ts';

function posted() {
  const clock = { now: 1_800_000_000_000 };
  const view = createView();
  const news: News[] = [];
  const { log } = linesLog();
  const posts = createPosts({ view, log, told: (one) => void news.push(one), now: () => clock.now, sweepMs: 2 });
  onTestFinished(posts.stop);
  const all = () => [...view.all()].map(({ extension, address, contact }) => [extension, address, contact]);
  return { ...posts, view, news, clock, all };
}

const event = (name: string, data: object = {}) => ({
  event: name,
  data: { extension: '101', ip: '192.168.1.100', timestamp: '2024-01-01T12:00:00Z', ...data },
});

test('takes the events that the second predecessor documents', () => {
  const { receive, all, view, news, name } = posted();
  const fine = { used: true, problems: [] };
  expect(receive(event('registration'))).toEqual(fine);
  expect(all()).toEqual([['101', '192.168.1.100', 'sip:101@192.168.1.100']]);
  expect(receive(event('call_start'))).toEqual(fine);
  expect(view.isBusy(name, '101')).toBe(true);
  expect(receive(event('call_end'))).toEqual(fine);
  expect(view.isBusy(name, '101')).toBe(false);
  expect(receive(event('config_change'))).toEqual(fine);
  const who = { extension: '101', address: '192.168.1.100' };
  expect(news).toEqual([
    { kind: 'call', ...who, state: 'in_call' },
    { kind: 'call', ...who, state: 'idle' },
    { kind: 'config', ...who },
  ]);
});

test('takes more where it is known: contact, received, user agent, MAC, a number as a number', () => {
  const { receive, view } = posted();
  const data = { extension: 102, contact: '<sip:102@10.0.0.9:5071;transport=tcp>', received: '192.0.2.4:40000' };
  expect(receive(event('phone.registered', { ...data, mac: '00:0B:82:12:34:56', user_agent: 'Phone 1.2' })).used).toBe(
    true,
  );
  expect([...view.all()]).toEqual([
    expect.objectContaining({
      ...{ extension: '102', address: '192.0.2.4', port: 40_000, transport: 'tcp', macs: ['000b82123456'] },
      ...{ user_agent: 'Phone 1.2', source: 'webhook', expires: 1_800_000_000_000 + 3_600_000 },
    }),
  ]);
});

test('an unregistration is of all contacts of the extension, or of those at the address', () => {
  const { receive, all } = posted();
  for (const ip of ['192.0.2.1', '192.0.2.2', '2001:db8::3']) receive(event('registered', { ip }));
  expect(all()).toHaveLength(3);
  receive(event('unregistered', { ip: '192.0.2.2' }));
  expect(all().map(([, address]) => address)).toEqual(['192.0.2.1', '2001:db8::3']);
  receive(event('unregistration', { ip: undefined }));
  expect(all()).toEqual([]);
});

test('a registration that is not posted again in time is over', async () => {
  const { receive, all, clock } = posted();
  receive(event('registration', { expires: 60 }));
  clock.now += 59_000;
  receive(event('registration', { extension: '102', expires: 60 }));
  clock.now += 2000;
  await until('the first to go', () => all().length === 1);
  expect(all()[0]?.[0]).toBe('102');
});

test('takes a list, and says which of it could not be used', () => {
  const { receive, all } = posted();
  const contact = 'sip:1@192.0.2.7';
  expect(receive({ registrations: [{ extension: '1', contact }, null] })).toEqual({
    used: true,
    problems: ['registrations[1] has no extension, or no contact with an IP address'],
  });
  expect(receive({ registrations: [{}] }).used).toBe(false);
  expect(receive({ registrations: 5 }).used).toBe(false);
  expect(receive({ registrations: Array(10_001).fill({ extension: '2', contact }) }).used).toBe(false);
  expect(receive({ registrations: [], complete: true }).used).toBe(true);
  expect(all()).toEqual([]);
});

test('says what is wrong', () => {
  const problem = (body: unknown) => posted().receive(body).problems.join();
  expect(problem(undefined)).toMatch('the event is missing; wanted one of registration');
  expect(problem({ event: 'toString', data: {} })).toMatch('the event is "toString"');
  expect(problem({ event: 'registration', data: { ip: '192.0.2.1' } })).toBe(
    'data.extension is missing; wanted the number of the phone',
  );
  expect(problem(event('registration', { ip: 'nowhere' }))).toBe('data.ip is no IP address');
  expect(problem(event('registration', { ip: undefined }))).toMatch('neither `ip` nor `contact`');
});

test('takes whatever comes', () => {
  const { receive } = posted();
  const names = fc.constantFrom('registration', 'unregistered', 'call_start', 'config_change', '__proto__');
  const fields = ['extension', 'ip', 'contact', 'received', 'user_agent', 'mac', 'expires', 'domain'];
  const value = fc.oneof(fc.jsonValue(), fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary' }), fc.integer());
  const data = fc.dictionary(fc.constantFrom(...fields), value);
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ event: names, data })), (body) => {
      const { used, problems } = receive(body);
      expect(used || problems.length > 0).toBe(true);
      expect(readPosted(body).kind === 'fault' && used).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

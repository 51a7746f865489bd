import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { createAsterisk } from '../../../src/registry/asterisk/asterisk.ts';
import { until } from '../../support/until.ts';
import { recordedIntake } from '../intake.ts';
import {
  contactStatus,
  deviceState,
  listing,
  nobody,
  type Player,
  polycom,
  refusal,
  startPlayer,
  yealink,
} from './recorded.ts';

function source({ port }: Pick<Player, 'port'>, { patience = 5_000 } = {}) {
  const intake = recordedIntake('pbx');
  const asked = { user: 'offhook', password: new Secret('amisecret'), patience, backOff: { first: 20, most: 50 } };
  const made = createAsterisk({ name: 'pbx', peer: { host: '127.0.0.1', port }, ...asked }, intake);
  made.start();
  onTestFinished(made.stop);
  return { ...intake, source: made };
}

type Watched = ReturnType<typeof source>;
const up = ({ source }: Watched) => until('it to be up', () => source.state().up);
const extensions = ({ all }: Watched) => all().map(({ extension }) => extension);
const said = ({ actions }: Player, what: RegExp) => until(`${what}`, () => actions.find((action) => what.test(action)));

test('logs in without showing the password, and lists who is registered', async () => {
  const player = await startPlayer({ piece: 7 });
  const watch = source(player);
  await up(watch);
  expect(player.actions.join('\n')).not.toContain('amisecret');
  expect(player.actions[1]).toContain(`Key: ${createHash('md5').update('190157247amisecret').digest('hex')}`);
  expect(watch.all()).toEqual([
    expect.objectContaining({
      ...{ extension: '2001', address: '127.0.0.41', port: 5070, transport: 'udp', source: 'pbx' },
      ...{ user_agent: 'PolycomVVX-VVX_411-UA/5.9.6.2327', expires: 1795306296000, handles: { endpoint: '2001' } },
    }),
    expect.objectContaining({ extension: '2002', port: 5071, transport: 'tcp', macs: ['001565123456'] }),
  ]);
});

test('hears at once who comes, goes, and is in a call', async () => {
  const player = await startPlayer();
  player.answers.PJSIPShowContacts = nobody;
  const watch = source(player);
  await up(watch);
  expect(watch.all()).toEqual([]);
  player.say(contactStatus('2003', 'sip:2003@127.0.0.43:5073', 'NonQualified'));
  await until('2003', () => extensions(watch).includes('2003'));
  player.say(deviceState('2003', 'INUSE'));
  await until('2003 in a call', () => watch.view.isBusy('pbx', '2003'));
  player.say(deviceState('2003', 'NOT_INUSE') + contactStatus('2003', 'sip:2003@127.0.0.43:5073', 'Removed'));
  await until('2003 to be gone', () => watch.all().length === 0);
  expect(watch.view.isBusy('pbx', '2003')).toBe(false);
});

test('keeps the user agent of a listing when an event, which has none, follows', async () => {
  const player = await startPlayer();
  const watch = source(player);
  await up(watch);
  player.say(contactStatus('2002', 'sip:2002@127.0.0.41:5071;transport=TCP', 'Reachable'));
  await until('the event', () => watch.all().find(({ extension, expires }) => extension === '2002' && !expires));
  expect(watch.all().find(({ extension }) => extension === '2002')).toMatchObject({ macs: ['001565123456'] });
});

test('has a NOTIFY sent to an endpoint of one contact by its name, and to one of several by URI', async () => {
  const player = await startPlayer();
  const second = polycom.replaceAll('127.0.0.41', '127.0.0.42');
  player.answers.PJSIPShowContacts = listing(polycom, second, yealink);
  const watch = source(player);
  await up(watch);
  const [one, , alone] = watch.all();
  const event = { event: 'service-control', content_type: 'text/plain', body: 'action=restart\nnow=yes\n' };
  expect(await watch.source.notify?.(alone!, event)).toEqual({ outcome: 'handed', reason: 'pbx took it' });
  expect(await said(player, /^Endpoint: 2002$/m)).toContain(
    'Variable: Event=service-control\r\nVariable: Content-Type=text/plain\r\nVariable: Content=action=restart\r\nVariable: Content=now=yes',
  );
  await watch.source.notify?.(one!, { event: 'check-sync;reboot=false\r\nAction: Originate' });
  const action = await said(player, /^URI: sip:2001@127\.0\.0\.41:5070;transport=UDP$/m);
  expect(action).toContain('Variable: Event=check-sync;reboot=false Action: Originate');
  expect(player.actions.some((text) => /^Action: Originate/m.test(text))).toBe(false);
  player.answers.PJSIPNotify = refusal('Unable to retrieve endpoint 2002');
  expect(await watch.source.notify?.(alone!, event)).toEqual({
    outcome: 'unreachable',
    reason: 'pbx does not take it: Unable to retrieve endpoint 2002',
  });
});

test.each([
  [
    'does not take the password',
    { Login: refusal('Authentication failed') },
    /does not take user offhook: Authentication failed/,
  ],
  [
    'lets nobody list',
    { PJSIPShowContacts: refusal('Permission denied') },
    /does not list contacts: Permission denied/,
  ],
  ['says nothing', { Challenge: '' }, /does not answer/],
  ['talks without end', { Challenge: 'x'.repeat(40_000) }, /a line of more than 16384 bytes/],
])('is away when the server %s; tries again, and says so once', async (_, answers, reason) => {
  const player = await startPlayer({ piece: 10_000 });
  const right = { ...player.answers };
  Object.assign(player.answers, answers);
  const watch = source(player, { patience: 100 });
  await until('two tries', () => player.actions.filter((action) => action.startsWith('Action: Challenge')).length > 1);
  expect(watch.states).toEqual([{ up: false, since: expect.any(Number), reason: expect.stringMatching(reason) }]);
  player.answers = right;
  await up(watch);
  expect(watch.states.map(({ up }) => up)).toEqual([false, true]);
  player.hangUp();
  await until('away again', () => watch.states.length > 2);
  await up(watch);
  expect(extensions(watch)).toEqual(['2001', '2002']);
});

test('is away where nothing listens', async () => {
  const watch = source({ port: 1 });
  await until('a reason', () => watch.states.length > 0);
  expect(watch.states[0]).toMatchObject({ up: false, reason: '127.0.0.1:1: nothing listens there (ECONNREFUSED)' });
});

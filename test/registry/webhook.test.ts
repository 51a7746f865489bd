import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWebhook } from '../../src/registry/webhook.ts';
import { recordedIntake } from './intake.ts';

const now = 1_800_000_000_000;
const contact = 'sip:1001@192.0.2.7:5070;transport=tls';

function webhook() {
  const intake = recordedIntake('hook');
  return { ...intake, ...createWebhook({ name: 'hook', now: () => now }, intake) };
}

test('takes registrations one by one, and takes them back', () => {
  const { receive, all, state } = webhook();
  expect(state().up).toBe(false);
  expect(receive({ registrations: [{ extension: 1001, contact, user_agent: 'Phone', expires: 60 }] })).toEqual([]);
  expect(state().up).toBe(true);
  expect(all()).toEqual([expect.objectContaining({ extension: '1001', transport: 'tls', expires: now + 60_000 })]);
  receive({ registrations: [{ extension: '1001', contact, expires: 0 }] });
  expect(all()).toEqual([]);
});

test('takes all of them at once', () => {
  const { receive, all } = webhook();
  receive({ registrations: [{ extension: '1001', contact }] });
  receive({ registrations: [{ extension: '1002', contact }], complete: true });
  expect(all().map(({ extension }) => extension)).toEqual(['1002']);
});

test('says what it cannot use', () => {
  const { receive, all } = webhook();
  expect(receive('x')).toEqual(['the body has no list `registrations`']);
  expect(receive({ registrations: [null, { extension: '1', contact: 'tel:1' }] })).toHaveLength(2);
  expect(all()).toEqual([]);
});

test('takes whatever comes', () => {
  const { receive } = webhook();
  fc.assert(
    fc.property(fc.jsonValue(), (body) => void receive({ registrations: [body, { extension: body, contact: body }] })),
  );
});

import { expect, test } from 'vitest';
import { type NotifyInput, notifyRequest } from '../../src/sip/notify-request.ts';
import { writeMessage } from '../../src/sip/write.ts';

const input: NotifyInput = {
  target: { address: '192.0.2.7', port: 5062 },
  local: { address: '192.0.2.1', port: 5070 },
  user: '1001',
  event: { event: 'check-sync;reboot=false' },
  callId: 'call',
  fromTag: 'tag',
  branch: 'branch',
  cseq: 2,
  userAgent: 'offhook',
};

const written = (more: Partial<NotifyInput>): string => String(writeMessage(notifyRequest({ ...input, ...more })));

test('is a request out of any dialog, as RFC 3261 section 8.1 and RFC 6665 want it', () => {
  expect(written({ authorization: [{ name: 'Authorization', value: 'Digest x' }] })).toBe(
    [
      'NOTIFY sip:1001@192.0.2.7:5062 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.1:5070;rport;branch=z9hG4bKbranch',
      'Max-Forwards: 70',
      'From: <sip:offhook@192.0.2.1:5070>;tag=tag',
      'To: <sip:1001@192.0.2.7:5062>',
      'Call-ID: call',
      'CSeq: 2 NOTIFY',
      'Contact: <sip:offhook@192.0.2.1:5070>',
      'Authorization: Digest x',
      'Event: check-sync;reboot=false',
      'Subscription-State: terminated',
      'User-Agent: offhook',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );
});

test('carries the body of the event and says what it is', () => {
  const event = { event: 'service-control', content_type: 'text/plain', body: 'action=restart\n' };
  expect(written({ event })).toContain('\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\r\naction=restart\n');
  expect(written({ event: { event: 'x', body: 'y' } })).toContain('Content-Type: text/plain');
  const typeAlone = { event: 'x', content_type: 'application/simple-message-summary' };
  expect(written({ event: typeAlone })).toContain('Content-Type: application/simple-message-summary');
});

test('writes IPv6 addresses in brackets, and the transport where it is not UDP', () => {
  const target = { address: 'fe80::7%eth0', port: 5060 };
  const text = written({ target, local: { address: 'fe80::1%eth0', port: 5061 }, transport: 'TLS' });
  expect(text).toContain(
    'NOTIFY sip:1001@[fe80::7]:5060;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS [fe80::1]:5061;rport;',
  );
  expect(text).toContain('Contact: <sip:offhook@[fe80::1]:5061;transport=tls>');
});

test('leaves the user out where there is none', () => {
  expect(written({ user: '' })).toMatch(/^NOTIFY sip:192\.0\.2\.7:5062 SIP/);
});

import { createSocket, type Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';
import type { Request, Response } from '../../src/sip/message.ts';
import { headerOf, headersOf } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { writeMessage } from '../../src/sip/write.ts';
import { until } from '../support/until.ts';

/** A phone fresh from its box: asks the group on the loopback, and does with what comes what its firmware would. */
export interface Phone {
  readonly port: number;
  /** Sends a text, each line ended; `$PORT` stands for its own port. */
  ask(lines: readonly string[]): void;
  readonly answers: readonly Response[];
  readonly told: readonly Request[];
  /** Waits for so many NOTIFYs, and gives the body of the last. */
  toldUrl(count?: number): Promise<string>;
}

export interface PhoneOptions {
  /** Where daemons listen. */
  readonly port: number;
  /** What it answers to a NOTIFY; undefined: nothing. Given how many it has had. */
  readonly answer?: (count: number) => number | undefined;
}

export async function plugIn({ port: group, answer = () => 200 }: PhoneOptions): Promise<Phone> {
  const socket = createSocket('udp4');
  onTestFinished(() => new Promise((done) => socket.close(() => done())));
  const answers: Response[] = [];
  const told: Request[] = [];
  socket.on('message', (datagram, from) => {
    const message = parseMessage(datagram);
    if (message.kind === 'response') answers.push(message);
    if (message.kind !== 'request') return;
    told.push(message);
    const status = answer(told.length);
    if (status !== undefined) reply(socket, message, { status, to: from.port });
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  socket.setMulticastInterface('127.0.0.1');
  const { port } = socket.address();
  return {
    port,
    answers,
    told,
    ask(lines) {
      const text = [...lines, '', ''].join('\r\n').replaceAll('$PORT', String(port));
      socket.send(text, group, '224.0.1.75');
    },
    async toldUrl(count = 1) {
      await until('a NOTIFY', () => told.length >= count);
      return Buffer.from(told.at(-1)?.body ?? '').toString();
    },
  };
}

function reply(socket: Socket, request: Request, { status, to }: { status: number; to: number }): void {
  const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    headersOf(request, name).map((value) => ({ name, value })),
  );
  const bytes = writeMessage({ kind: 'response', status, reason: 'As it is', headers: copied, body: Buffer.alloc(0) });
  socket.send(bytes, to, '127.0.0.1');
}

/** As phones of several makers write it; MACs, versions and call ids are the caller's. */
export const subscribes = {
  /** T53W, 96.87: lower case, an escaped colon, `rport`. */
  escapedColon: (mac: string, callId = '1') => [
    `SUBSCRIBE sip:MAC%3a${mac}@224.0.1.75 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:$PORT;branch=z9hG4bK${callId};rport`,
    `From: <sip:MAC%3a${mac}@224.0.1.75>;tag=77aa`,
    `To: <sip:MAC%3a${mac}@224.0.1.75>`,
    `Call-ID: ${callId}@127.0.0.1`,
    'CSeq: 1 SUBSCRIBE',
    'Contact: <sip:127.0.0.1:$PORT>',
    'Max-Forwards: 70',
    'Event: ua-profile;profile-type="device";vendor="Acme";model="a1";version="1.2.3"',
    'Expires: 0',
    'Accept: application/url',
    'Content-Length: 0',
  ],
  /** W52P, 25.81: no colon at all, no `rport`, the MAC in the Contact too. */
  noColon: (mac: string, callId = '2') => [
    `SUBSCRIBE sip:MAC${mac}@224.0.1.75 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:$PORT;branch=z9hG4bK${callId}`,
    `From: <sip:MAC${mac}@224.0.1.75>;tag=1536537630`,
    `To: <sip:MAC${mac}@224.0.1.75>`,
    `Call-ID: ${callId}@10.1.3.239`,
    'CSeq: 1 SUBSCRIBE',
    `Contact: <sip:MAC${mac}@127.0.0.1:$PORT>`,
    'Max-Forwards: 70',
    'User-Agent: Acme a1 25.81.0.10',
    'Expires: 0',
    'Event: ua-profile;profile-type="device";vendor="acme";model="a1";version="25.81.0.10"',
    'Accept: application/url',
    'Content-Length: 0',
  ],
  /** D-series, 8.7: upper case, vendor and model said as OEM, compact names, no Content-Length. */
  compact: (mac: string, callId = '3') => [
    `SUBSCRIBE sip:MAC%3A${mac.toUpperCase()}@224.0.1.75 SIP/2.0`,
    `v: SIP/2.0/UDP 127.0.0.1:$PORT;rport;branch=z9hG4bK-${callId}`,
    `f: <sip:MAC%3A${mac.toUpperCase()}@224.0.1.75>;tag=566667`,
    `t: <sip:MAC%3A${mac.toUpperCase()}@224.0.1.75>`,
    `i: ${callId}`,
    'CSeq: 1 SUBSCRIBE',
    'm: <sip:127.0.0.1:$PORT;transport=udp;handler=dum>',
    'o: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"',
    'Accept: application/url',
    'Expires: 0',
  ],
  /** RFC 6080 section 5.1.1: a URN in place of the MAC. */
  urn: (mac: string, callId = '4') => [
    `SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-${mac}@example.com SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:$PORT;branch=z9hG4bK${callId};rport`,
    `From: <sip:anonymous@example.com>;tag=1234`,
    `To: <sip:urn%3auuid%3a00000000-0000-1000-8000-${mac}@example.com>`,
    `Call-ID: ${callId}`,
    'CSeq: 2131 SUBSCRIBE',
    `Contact: <sip:00000000-0000-1000-8000-${mac}@127.0.0.1:$PORT>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-${mac}>";schemes="http,https"`,
    'Event: ua-profile;profile-type=device;vendor="acme.example.com";model="a1";version="1.1.1"',
    'Expires: 0',
    'Accept: message/external-body, application/x-z100-device-profile',
    'Content-Length: 0',
  ],
} as const;

export { headerOf };

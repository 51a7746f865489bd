import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { headersOf, type Request } from '../../src/sip/message.ts';
import { parseMessage } from '../../src/sip/parse.ts';
import { ownAddress } from '../support/sipp/phone.ts';

/** A phone for what sipp cannot be told to do. It hears everything and says what `answer` says. */
export interface Phone {
  readonly address: string;
  readonly port: number;
  /** Every request, in the order in which they came; keep-alives are left out. */
  readonly requests: Request[];
  close(): void;
}

/** Sends bytes back to whoever asked. */
export type Say = (text: string) => void;

/** `answer` gets each request with how many came before it. */
export async function startPhone(answer: (request: Request, before: number, say: Say) => void): Promise<Phone> {
  const address = ownAddress();
  const requests: Request[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (datagram: Buffer, from: RemoteInfo) => {
    const request = parseMessage(datagram);
    if (request.kind !== 'request') return;
    requests.push(request);
    answer(request, requests.length - 1, (text) => socket.send(text, from.port, from.address));
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  return { address, port: socket.address().port, requests, close: () => socket.close() };
}

/** An answer to a request: the headers that go back unchanged, and more. */
export function answerTo(request: Request, status: string, ...more: string[]): string {
  const same = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
    headersOf(request, name).map((value) => `${name}: ${value}`),
  );
  const [to] = headersOf(request, 'To');
  return [`SIP/2.0 ${status}`, ...same, `To: ${to};tag=phone`, ...more, 'Content-Length: 0', '', ''].join('\r\n');
}
